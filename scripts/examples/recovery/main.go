// Command recovery is an application of Confab: Socket.IO's example of connection state recovery.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(Recovery) }
