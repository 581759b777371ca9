package apigw

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/realtime"
)

// Sweep handles the scheduled event. The event's own time selects the slot of connections
// to visit, so that an event that comes late or twice visits the same one.
func Sweep(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[events.EventBridgeEvent, none](func(ctx context.Context, e events.EventBridgeEvent) (none, error) {
		return none{}, srv.Sweep(ctx, e.Time)
	})
}

// Fanout handles the deliveries that a [Handover] invokes it with.
func Fanout(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[realtime.Delivery, none](func(ctx context.Context, d realtime.Delivery) (none, error) {
		return none{}, srv.Deliver(ctx, d)
	})
}
