// Command yjs is an application of Confab: texts on which people write together, by Yjs.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(Texts) }
