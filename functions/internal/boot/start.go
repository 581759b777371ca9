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

// Start runs a function on AWS Lambda with the process's environment. It does not
// return.
func Start(build func(Environment) (lambda.Handler, error), app func(*realtime.Server)) {
	log := logger()
	h, err := Build(build, Environment{Getenv: os.Getenv, Log: log, App: app})
	if err != nil {
		fail(log, err)
	}
	lambda.Start(h)
}

// StartWithAfterResponse is Start for a function that works on after its response. The
// function is built while the registration is under way: a cold start waits for both.
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

// logger writes the log in Lambda's JSON format, with the request id of whatever is
// logged in an invocation.
func logger() *slog.Logger {
	var level slog.Level // info
	_ = level.UnmarshalText([]byte(os.Getenv(names.EnvLogLevel)))
	h := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr})
	return slog.New(requestHandler{h})
}

// requestHandler adds the request id that Lambda's own records have too.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}

// fail ends the process; Lambda starts another.
func fail(log *slog.Logger, err error) {
	log.Error("function cannot run", "error", err)
	os.Exit(1)
}
