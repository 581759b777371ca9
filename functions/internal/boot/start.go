package boot

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Start runs a function on AWS Lambda with the process's environment. It does not
// return.
func Start(build func(Environment) (lambda.Handler, error), app func(*realtime.Server)) {
	log := logger()
	h, err := build(Environment{Getenv: os.Getenv, Log: log, App: app})
	if err != nil {
		fail(log, err)
	}
	lambda.Start(h)
}

// StartWithAfterResponse is Start for a function that works on after its response.
func StartWithAfterResponse(build func(Environment) (lambda.Handler, error)) {
	log := logger()
	h, err := build(Environment{Getenv: os.Getenv, Log: log})
	if err != nil {
		fail(log, err)
	}
	ctx := context.Background()
	extension, err := apigw.RegisterExtension(ctx, os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		fail(log, err)
	}
	go func() { fail(log, extension.Run(ctx)) }()
	lambda.Start(extension.Wrap(h))
}

func logger() *slog.Logger {
	var level slog.Level // info
	_ = level.UnmarshalText([]byte(os.Getenv(names.EnvLogLevel)))
	return slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level}))
}

// fail ends the process; Lambda starts another.
func fail(log *slog.Logger, err error) {
	log.Error("function cannot run", "error", err)
	os.Exit(1)
}
