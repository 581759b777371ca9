package boot

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Start runs a function on AWS Lambda with the process's environment. It never returns.
func Start(build func(Environment) (lambda.Handler, error), app func(*realtime.Server)) {
	log := logger()
	h, err := Build(build, Environment{Getenv: os.Getenv, Log: log, App: app})
	if err != nil {
		fail(log, err)
	}
	lambda.Start(h)
}

// StartWithAfterResponse is Start for a function that works after its response. It builds
// the function while it waits for its registration as an extension.
func StartWithAfterResponse(build func(Environment) (lambda.Handler, error)) {
	log, ctx := logger(), context.Background()
	registered := apigw.RegisterExtension(ctx, os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	h, err := Build(build, Environment{Getenv: os.Getenv, Log: log})
	if err != nil {
		fail(log, err)
	}
	extension, err := registered()
	if err != nil {
		fail(log, err)
	}
	go func() { fail(log, extension.Run(ctx)) }()
	lambda.Start(extension.Wrap(h))
}

// logger writes Lambda's log format, with the request id of the invocation, from the level
// that CONFAB_LOG_LEVEL sets.
func logger() *slog.Logger {
	var level slog.Level // info
	_ = level.UnmarshalText([]byte(os.Getenv(names.EnvLogLevel)))
	return slog.New(levelHandler{lambdacontext.NewLogHandler(), level})
}

// levelHandler replaces the level of a handler.
type levelHandler struct {
	slog.Handler
	level slog.Level
}

func (h levelHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.level}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.level}
}

// fail ends the process; Lambda starts another.
func fail(log *slog.Logger, err error) {
	log.Error("function cannot run", "error", err)
	os.Exit(1)
}
