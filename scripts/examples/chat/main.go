// Command chat is an application of Confab: Socket.IO's chat demo.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(Chat) }
