// Command function is a Lambda function with the applications of package apps, so that they
// run as a stack deploys them. The linker sets its name (-ldflags "-X main.name=message"),
// and the environment chooses the application.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/functions"
	"github.com/confab-chat/confab/scripts/local/apps"
)

var name string

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	app, err := apps.Find(os.Getenv(apps.EnvApp))
	if err == nil {
		var h lambda.Handler
		if h, err = functions.New(name, functions.Options{Getenv: os.Getenv, Log: log, App: app.Register}); err == nil {
			lambda.Start(h) // does not return
		}
	}
	log.Error("function cannot run", "error", err)
	os.Exit(1)
}
