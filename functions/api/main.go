// Command api serves the HTTP API.
package main

import (
	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/functions/internal/application"
	"github.com/confab-chat/confab/shared/boot"
)

func main() { boot.Start(application.API, app.Register) }
