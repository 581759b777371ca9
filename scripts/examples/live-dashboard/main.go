// Command live-dashboard is an application of Confab: what machines measure, shown as it comes.
//
//	confab dev
package main

import "github.com/confab-chat/confab/shared/confab"

func main() { confab.Main(LiveDashboard) }
