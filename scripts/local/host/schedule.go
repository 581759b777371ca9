package host

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/confab-chat/confab/shared/wait"
)

// Schedule invokes a function asynchronously at every multiple of an interval, with
// EventBridge's scheduled event. Its time is in whole seconds, as EventBridge's, but exact
// if the interval is shorter than a second. It ends with stop, or with the host.
func (h *Host) Schedule(function string, every time.Duration) (stop func()) {
	ctx, stop := context.WithCancel(h.open)
	_ = h.start(func() {
		for {
			next := time.Now().Truncate(every).Add(every)
			if wait.Sleep(ctx, time.Until(next)) != nil {
				return
			}
			if every >= time.Second {
				next = next.Truncate(time.Second)
			}
			_ = h.deliver(function, next)
		}
	})
	return stop
}

// RunScheduled delivers an event of a function's schedule now.
func (h *Host) RunScheduled(function string) error {
	if h.find(function) == nil {
		return fmt.Errorf("there is no function %q", function)
	}
	return h.deliver(function, time.Now().Truncate(time.Second))
}

// deliver invokes a function asynchronously with the event of a time.
func (h *Host) deliver(function string, at time.Time) error {
	payload, err := scheduledEvent(function, at)
	if err != nil {
		return err
	}
	for range h.deliveries() {
		if err := h.InvokeAsync(function, payload); err != nil {
			return err
		}
	}
	return nil
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
