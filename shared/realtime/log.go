package realtime

import (
	"context"
	"log/slog"
)

// logger writes what operators need to know.
type logger struct {
	*slog.Logger
	observer Observer
}

// failure logs an error, if there is one, that cannot be returned to anyone.
func (l logger) failure(ctx context.Context, operation, connectionID string, err error) {
	if err != nil {
		l.ErrorContext(ctx, operation, "connection", connectionID, "error", err)
	}
}

// refusal logs and counts an error that a client was told: at level ERROR if the fault is
// ours, otherwise at level DEBUG.
func (l logger) refusal(ctx context.Context, what string, e *Error, attrs ...any) {
	l.observer.Refused(ctx, e.Code)
	attrs = append(attrs, "code", e.Code)
	if e.Cause != nil {
		attrs = append(attrs, "cause", e.Cause)
	}
	if e.Code == CodeInternal || e.Code == CodeUnavailable {
		l.ErrorContext(ctx, what, attrs...)
	} else {
		l.DebugContext(ctx, what, attrs...)
	}
}
