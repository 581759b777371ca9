package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// Handover passes a fan-out to a function by an asynchronous invocation, which AWS Lambda
// queues durably and retries. The function's handler is made by [Fanout].
type Handover struct {
	// Client calls Lambda.
	Client *awsapi.Client
	// Function is the name or ARN of the fanout function.
	Function string
}

var _ realtime.Handover = (*Handover)(nil)

// maxPayload is the largest payload of an asynchronous invocation (AWS Lambda quotas).
const maxPayload = 256 << 10

// invokeAgain is when an invocation that Lambda did not take is tried again. A fan-out that
// runs twice reaches everybody twice, but one that does not run reaches nobody.
var invokeAgain = wait.Backoff{First: 50 * time.Millisecond, Times: 3, Jitter: true}

// HandOver implements realtime.Handover with Invoke.
func (h *Handover) HandOver(ctx context.Context, d realtime.Delivery) error {
	payload, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	if len(payload) > maxPayload {
		return fmt.Errorf("hand over: %d bytes are more than the %d that an invocation may carry", len(payload), maxPayload)
	}
	for range invokeAgain.Attempts(ctx) {
		var refused *awsapi.Error
		if err = h.invoke(ctx, payload); err == nil {
			return nil
		} else if errors.As(err, &refused) && !refused.Temporary() {
			break
		}
	}
	return fmt.Errorf("hand over: %w", err)
}

// invoke calls Invoke (Lambda API reference) once.
func (h *Handover) invoke(ctx context.Context, payload []byte) error {
	header := traced(http.Header{"X-Amz-Invocation-Type": {"Event"}, "Content-Type": {"application/json"}})
	return h.Client.Call(ctx, http.MethodPost, invocations(h.Function), header, payload)
}

// traced adds the trace of this invocation. Lambda stops functions that invoke each other in a circle
// by it, and traces follow it.
func traced(header http.Header) http.Header {
	if trace := os.Getenv("_X_AMZN_TRACE_ID"); trace != "" {
		header["X-Amzn-Trace-Id"] = []string{trace}
	}
	return header
}
