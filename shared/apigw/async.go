package apigw

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/realtime"
)

// Fanout handles the messages of the queue that a [Handover] fills. The queue keeps a message whose
// delivery fails, and with it what is behind it in its lane.
func Fanout(srv *realtime.Server) lambda.Handler {
	return HandlerFunc[events.SQSEvent, none](func(ctx context.Context, e events.SQSEvent) (none, error) {
		for _, m := range e.Records {
			var d realtime.Delivery
			if err := json.Unmarshal([]byte(m.Body), &d); err != nil {
				return none{}, fmt.Errorf("decode delivery: %w", err)
			}
			if first, err := strconv.ParseInt(m.Attributes["ApproximateFirstReceiveTimestamp"], 10, 64); err == nil && d.Begun.IsZero() {
				d.Begun = time.UnixMilli(first)
			}
			d.Tries, _ = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			if err := srv.Deliver(ctx, d); err != nil {
				return none{}, err
			}
		}
		return none{}, nil
	})
}
