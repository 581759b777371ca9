package realtime

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

// logger writes what operators need to know.
type logger struct {
	*slog.Logger
	observer     Observer
	clientErrors mode.ClientErrors
}

// failure logs an error, if there is one, that cannot be returned to anyone.
func (l logger) failure(ctx context.Context, operation, connectionID string, err error) {
	switch {
	case err == nil:
	case becauseLeft(err):
		l.InfoContext(ctx, operation, "connection", connectionID, "because", "the client has left")
	default:
		l.ErrorContext(ctx, operation, "connection", connectionID, "error", err)
	}
}

// refusal logs and counts an error that a client was told: at level ERROR if the fault is
// ours, otherwise as clientError does. It counts nothing if the client has left.
func (l logger) refusal(ctx context.Context, what string, e *Error, attrs ...any) {
	if becauseLeft(e.Cause) {
		l.InfoContext(ctx, what, append(attrs, "because", "the client has left")...)
		return
	}
	l.observer.Refused(ctx, e.Code)
	attrs = append(attrs, "code", e.Code)
	if e.Cause != nil {
		attrs = append(attrs, "cause", e.Cause)
	}
	if e.Code == CodeInternal || e.Code == CodeUnavailable {
		l.ErrorContext(ctx, what, attrs...)
	} else {
		l.clientError(ctx, what, append(attrs, "told", e.Message)...)
	}
}

// LogRefusal logs and counts an error that a client was told outside of a connection, as by an
// HTTP API, like the refusal of an event.
func (s *Server) LogRefusal(ctx context.Context, what string, err error, attrs ...any) {
	s.log.refusal(ctx, what, Safe(err), attrs...)
}

// clientError logs what a client did wrong.
func (l logger) clientError(ctx context.Context, what string, attrs ...any) {
	level := slog.LevelDebug
	if l.clientErrors == mode.LoudClientErrors || l.clientErrors == mode.VerboseClientErrors {
		level = slog.LevelWarn
	}
	l.Log(ctx, level, what, attrs...)
}

// maxLoggedPayload is how much of what a client sent is logged, in bytes.
const maxLoggedPayload = 2 << 10

// payload returns the attribute with what a client sent, if it is to be logged.
func (l logger) payload(sent json.RawMessage) []any {
	if l.clientErrors != mode.VerboseClientErrors {
		return nil
	}
	return []any{"payload", string(sent[:min(len(sent), maxLoggedPayload)])}
}
