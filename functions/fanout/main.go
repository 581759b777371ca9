// Command fanout delivers a packet to many connections, invoked asynchronously.
package main

import (
	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/functions/internal/application"
	"github.com/confab-chat/confab/shared/boot"
)

func main() { boot.Start(application.Fanout, app.Register) }
