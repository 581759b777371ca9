// Command private-messaging is an application of Confab: Socket.IO's private messaging, kept in tables.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(PrivateMessaging) }
