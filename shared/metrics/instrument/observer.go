package instrument

import (
	"context"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/realtime"
)

// Observer counts what a server tells its observer.
type Observer struct{ Recorder *metrics.Recorder }

// Refused counts an error that a client was told, by its code.
func (o Observer) Refused(_ context.Context, code string) {
	switch code {
	case realtime.CodeInternal, realtime.CodeUnavailable:
		o.Recorder.Code(metrics.Failed, code)
	default:
		o.Recorder.Code(metrics.Refused, code)
	}
}
