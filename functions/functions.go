// Package functions makes the Lambda functions for a host that runs them in its own
// process, as the local cloud does. The mains in the folders below do not use it: each
// links only what it needs.
package functions

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/functions/internal/application"
	"github.com/confab-chat/confab/functions/internal/preview"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/linkpreview"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Options configure a function. Getenv is required.
type Options struct {
	// Getenv looks up an environment variable; see package names.
	Getenv func(string) string
	// Log takes the function's log: slog.Default().
	Log *slog.Logger
	// App registers the application's handlers: app.Register.
	App func(*realtime.Server)
	// Services carries calls to DynamoDB, @connections, SQS and Lambda: the network.
	Services http.RoundTripper
	// Preview configures the function preview, for tests that let it reach their own pages.
	Preview linkpreview.Options
}

// New makes the function with a name of package names. Its handler may use
// apigw.AfterResponse: the host collects that work.
func New(name string, o Options) (lambda.Handler, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.App == nil {
		o.App = app.Register
	}
	if name == names.Preview {
		return preview.New(o.Preview, o.Log), nil
	}
	build, ok := map[string]func(boot.Environment) (lambda.Handler, error){
		names.Connect:    boot.Connect,
		names.Message:    application.Message,
		names.Disconnect: application.Disconnect,
		names.Fanout:     application.Fanout,
		names.Sweep:      application.Sweep,
		names.API:        application.API,
	}[name]
	if !ok {
		return nil, fmt.Errorf("there is no function %q", name)
	}
	h, err := boot.Build(build, boot.Environment{Getenv: o.Getenv, Log: o.Log, App: o.App, Services: o.Services})
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", name, err)
	}
	return h, nil
}
