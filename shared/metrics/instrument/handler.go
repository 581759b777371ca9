package instrument

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/metrics"
)

// Handler returns a handler that writes the recorder's line when an invocation is over: after
// its response and the work that it left with apigw.AfterResponse. An instance on Lambda
// runs one invocation at a time, so that a line is about one. On a host that runs several
// at once, only the sums of the lines are right.
func Handler(h lambda.Handler, r *metrics.Recorder) lambda.Handler { return &handler{h, r} }

type handler struct {
	lambda.Handler
	recorder *metrics.Recorder
}

// Invoke implements lambda.Handler.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	defer func() { // after a panic too
		id := ""
		if lc, ok := lambdacontext.FromContext(ctx); ok {
			id = lc.AwsRequestID
		}
		flush := func(context.Context) { h.recorder.Flush(id) }
		if !apigw.AfterResponse(ctx, flush) {
			flush(ctx)
		}
	}()
	return h.Handler.Invoke(ctx, payload)
}
