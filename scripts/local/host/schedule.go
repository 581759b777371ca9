package host

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Schedule invokes a function at every multiple of an interval, asynchronously, with
// EventBridge's scheduled event. EventBridge itself tells whole seconds; for
// intervals below one the event's time is exact.
func (h *Host) Schedule(function string, every time.Duration) {
	h.running.Add(1)
	go func() {
		defer h.running.Done()
		for {
			next := time.Now().Truncate(every).Add(every)
			if !sleep(h.ctx, time.Until(next)) {
				return
			}
			if every >= time.Second {
				next = next.Truncate(time.Second)
			}
			payload, err := scheduledEvent(next)
			if err != nil {
				h.options.Log.Error("schedule", "error", err)
				return
			}
			h.InvokeAsync(function, payload)
		}
	}()
}

func scheduledEvent(at time.Time) ([]byte, error) {
	payload, err := json.Marshal(events.EventBridgeEvent{
		Version:    "0",
		ID:         rand.Text(),
		DetailType: "Scheduled Event",
		Source:     "aws.events",
		AccountID:  "000000000000",
		Time:       at.UTC(),
		Region:     "us-east-1",
		Resources:  []string{"arn:aws:events:us-east-1:000000000000:rule/sweep"},
		Detail:     json.RawMessage("{}"),
	})
	if err != nil {
		return nil, fmt.Errorf("scheduled event: %w", err)
	}
	return payload, nil
}
