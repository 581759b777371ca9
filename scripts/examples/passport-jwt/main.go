// Command passport-jwt is an application of Confab: Socket.IO's example of users with tokens.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(PassportJWT) }
