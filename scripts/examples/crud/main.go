// Command crud is an application of Confab: Socket.IO's basic CRUD application, a list of things to do.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(CRUD) }
