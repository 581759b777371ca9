package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/confab-chat/confab/shared/awsapi"
)

// Function invokes a function.
type Function struct {
	// Client calls Lambda. For Invoke, it must wait as long as the function takes.
	Client *awsapi.Client
	// Name is the function's name or ARN.
	Name string
}

// Errors of Invoke, beside failures of the call.
var (
	// ErrThrottled: as many instances of the function run as may.
	ErrThrottled = errors.New("the function is throttled")
	// ErrFailed: the function has failed. Its log says why.
	ErrFailed = errors.New("the function has failed")
)

// Invoke calls Invoke (Lambda API reference) once, for a short answer.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	header, answer, err := f.Client.Ask(ctx, http.MethodPost, invocations(f.Name), traced(http.Header{"Content-Type": {"application/json"}}), payload)
	var refused *awsapi.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusTooManyRequests:
		return nil, ErrThrottled
	case header.Get("X-Amz-Function-Error") != "":
		return nil, ErrFailed
	case err != nil:
		return nil, fmt.Errorf("invoke: %w", err)
	}
	return answer, nil
}

// Start makes an asynchronous invocation: Lambda queues it durably, and nobody waits for the function.
func (f *Function) Start(ctx context.Context, payload []byte) error {
	header := traced(http.Header{"X-Amz-Invocation-Type": {"Event"}, "Content-Type": {"application/json"}})
	return postAgain(ctx, f.Client, invocations(f.Name), header, payload)
}

// traced adds the trace of this invocation. Lambda stops functions that invoke each other in a circle
// by it, and traces follow it.
func traced(header http.Header) http.Header {
	if trace := os.Getenv("_X_AMZN_TRACE_ID"); trace != "" {
		header["X-Amzn-Trace-Id"] = []string{trace}
	}
	return header
}

// invocations is the path of a function's invocations.
func invocations(function string) string {
	return "/2015-03-31/functions/" + awsapi.Escape(function) + "/invocations"
}
