// Command connect opens connections ($connect).
package main

import "github.com/confab-chat/confab/shared/boot"

func main() { boot.StartWithAfterResponse(boot.Connect) }
