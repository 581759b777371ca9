// Command disconnect runs when API Gateway says that a connection has ended ($disconnect).
package main

import (
	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/functions/internal/application"
	"github.com/confab-chat/confab/shared/boot"
)

func main() { boot.Start(application.Disconnect, app.Register) }
