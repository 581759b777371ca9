package instrument

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/metrics"
)

// Handler returns a handler that writes what was counted when an invocation is over,
// which is after what it left for the time after its response. Lambda runs one
// invocation of an instance at a time, so a line is about that one; a host that runs
// several at once gets the same sums in lines that are not.
func Handler(h lambda.Handler, r *metrics.Recorder) lambda.Handler { return &handler{h, r} }

type handler struct {
	lambda.Handler
	recorder *metrics.Recorder
}

// Invoke implements lambda.Handler.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	defer func() { // of a panic too
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
