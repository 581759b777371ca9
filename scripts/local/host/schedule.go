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
	_ = h.start(func() {
		for {
			next := time.Now().Truncate(every).Add(every)
			if !sleep(h.open, time.Until(next)) {
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
			_ = h.InvokeAsync(function, payload)
		}
	})
}

func scheduledEvent(function string, at time.Time) ([]byte, error) {
	payload, err := json.Marshal(events.EventBridgeEvent{
		Version:    "0",
		ID:         uuid(),
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

// uuid returns a random UUID (RFC 9562, version 4).
func uuid() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
