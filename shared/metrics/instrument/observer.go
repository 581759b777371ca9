package instrument

import (
	"context"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/realtime"
)

// Observer is a realtime.Observer that counts.
type Observer struct{ Recorder *metrics.Recorder }

// Refused counts an error that a client was sent, by its code.
func (o Observer) Refused(_ context.Context, code string) {
	switch code {
	case realtime.CodeInternal, realtime.CodeUnavailable:
		o.Recorder.Code(metrics.Failed, code)
	default:
		o.Recorder.Code(metrics.Refused, code)
	}
}

// GivenUp counts connections that miss a packet.
func (o Observer) GivenUp(_ context.Context, connections int) {
	o.Recorder.Add(metrics.GivenUp, float64(connections))
}
