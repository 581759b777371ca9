// Command game is an application of Confab: players guess a number, in rounds that end by the clock.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(Game) }
