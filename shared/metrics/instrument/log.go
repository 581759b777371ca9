package instrument

import (
	"context"
	"log/slog"

	"github.com/confab-chat/confab/shared/metrics"
)

// Log returns a slog.Handler that counts errors and passes all records to h.
func Log(h slog.Handler, r *metrics.Recorder) slog.Handler { return &logHandler{h, r} }

type logHandler struct {
	slog.Handler
	recorder *metrics.Recorder
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelError {
		h.recorder.Add(metrics.ErrorsLogged, 1)
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.Handler.WithAttrs(attrs), h.recorder}
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.Handler.WithGroup(name), h.recorder}
}
