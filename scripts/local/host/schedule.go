package host

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/confab-chat/confab/shared/wait"
)

// Schedule invokes a function asynchronously at every multiple of an interval, with
// EventBridge's scheduled event. Its time is in whole seconds, as EventBridge's, but exact
// if the interval is shorter than a second.
func (h *Host) Schedule(function string, every time.Duration) {
	_ = h.start(func() {
		for {
			next := time.Now().Truncate(every).Add(every)
			if wait.Sleep(h.open, time.Until(next)) != nil {
				return
			}
			if every >= time.Second {
				next = next.Truncate(time.Second)
			}
			payload, err := scheduledEvent(function, next)
			if err != nil {
				h.options.Log.Error("schedule", "error", err)
				return
			}
			for range h.deliveries() {
				_ = h.InvokeAsync(function, payload)
			}
		}
	})
}

// deliveries returns how often a scheduled event is delivered.
func (h *Host) deliveries() int {
	if h.options.EventsTwice {
		return 2
	}
	return 1
}

func scheduledEvent(function string, at time.Time) ([]byte, error) {
	payload, err := json.Marshal(events.EventBridgeEvent{
		Version:    "0",
		ID:         uuid.NewString(),
		DetailType: "Scheduled Event",
		Source:     "aws.events",
		AccountID:  "000000000000",
		Time:       at.UTC(),
		Region:     "us-east-1",
		Resources:  []string{"arn:aws:events:us-east-1:000000000000:rule/" + function},
		Detail:     json.RawMessage("{}"),
	})
	if err != nil {
		return nil, fmt.Errorf("scheduled event: %w", err)
	}
	return payload, nil
}
