// Command sweep visits quiet connections, once a minute.
package main

import (
	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/functions/internal/application"
	"github.com/confab-chat/confab/shared/boot"
)

func main() { boot.Start(application.Sweep, app.Register) }
