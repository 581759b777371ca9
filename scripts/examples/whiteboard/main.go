// Command whiteboard is an application of Confab: boards on which people draw together.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(Whiteboard) }
