// Command message handles every message of a client ($default).
package main

import (
	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/functions/internal/application"
	"github.com/confab-chat/confab/shared/boot"
)

func main() { boot.Start(application.Message, app.Register) }
