package apigw

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/realtime"
)

// sweepEvent is an event of the schedule or, with a part, what a [SweepHandover] sends.
type sweepEvent struct {
	events.EventBridgeEvent
	Part *realtime.SweepPart `json:"part,omitempty"`
}

// Sweep handles the scheduled event, and the parts of a sweep. The event's own time selects the slot
// of connections to visit, so that an event that comes late or twice visits the same one.
func Sweep(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[sweepEvent, none](func(ctx context.Context, e sweepEvent) (none, error) {
		if e.Part != nil {
			return none{}, srv.SweepPart(ctx, *e.Part)
		}
		return none{}, srv.Sweep(ctx, e.Time)
	})
}

// SweepHandover passes a part of a sweep to a function by an asynchronous invocation, which AWS Lambda
// queues durably and retries. The function's handler is made by [Sweep].
type SweepHandover struct{ Function *Function }

var _ realtime.SweepHandover = (*SweepHandover)(nil)

// HandOverSweep implements realtime.SweepHandover.
func (h *SweepHandover) HandOverSweep(ctx context.Context, p realtime.SweepPart) error {
	payload, err := json.Marshal(map[string]realtime.SweepPart{"part": p})
	if err == nil {
		err = h.Function.Start(ctx, payload)
	}
	if err != nil {
		return fmt.Errorf("hand over a part of a sweep: %w", err)
	}
	return nil
}
