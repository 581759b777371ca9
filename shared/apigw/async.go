package apigw

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/realtime"
)

// Sweep handles the scheduled event. The event's own time decides which slot of
// connections is visited, so that a late or repeated event visits the same.
func Sweep(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[events.EventBridgeEvent, none](func(ctx context.Context, e events.EventBridgeEvent) (none, error) {
		return none{}, srv.Sweep(ctx, e.Time)
	})
}

// Fanout handles what [Handover] handed over.
func Fanout(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[realtime.Delivery, none](func(ctx context.Context, d realtime.Delivery) (none, error) {
		return none{}, srv.Deliver(ctx, d)
	})
}
