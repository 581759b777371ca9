package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Entry is something that has happened.
type Entry struct {
	At time.Time `json:"at"`
	// Kind is "frame", "line" (one of the request log), "invocation" or "log".
	Kind       string `json:"kind"`
	Connection string `json:"connection,omitempty"`
	// From is who sent a frame: "client" or "server".
	From string `json:"from,omitempty"`
	// Text is a frame with its content, a line, or a record of the log.
	Text     string  `json:"text,omitempty"`
	Function string  `json:"function,omitempty"`
	Millis   float64 `json:"ms,omitempty"`
	Level    string  `json:"level,omitempty"`
	Error    string  `json:"error,omitempty"`
}

// Stream passes entries on to those who look. The zero value is ready; it is safe for concurrent use.
type Stream struct {
	watched atomic.Int64

	mu       sync.Mutex
	watchers map[chan Entry]bool
}

// maxWaiting is how many entries may wait for one who looks slowly. The others are left out.
const maxWaiting = 2000

// Watched reports whether anybody looks. An entry that nobody sees need not be made.
func (s *Stream) Watched() bool { return s.watched.Load() > 0 }

// Add passes an entry on, with the time unless it has one.
func (s *Stream) Add(e Entry) {
	if !s.Watched() {
		return
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for watcher := range s.watchers {
		select {
		case watcher <- e:
		default:
		}
	}
}

// ServeHTTP streams entries as server-sent events.
func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	watcher := make(chan Entry, maxWaiting)
	s.mu.Lock()
	if s.watchers == nil {
		s.watchers = map[chan Entry]bool{}
	}
	s.watchers[watcher] = true
	s.mu.Unlock()
	s.watched.Add(1)
	defer func() {
		s.watched.Add(-1)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, watcher)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = fmt.Fprint(w, ": begin\n\n")
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case e := <-watcher:
			encoded, err := json.Marshal(e)
			if err != nil {
				continue
			}
			if _, err := fmt.Fprintf(w, "data: %s\n\n", encoded); err != nil {
				return
			}
			if len(watcher) == 0 {
				_ = http.NewResponseController(w).Flush()
			}
		case <-r.Context().Done():
			return
		}
	}
}

// LogHandler passes records on to a stream too.
func LogHandler(next slog.Handler, s *Stream) slog.Handler { return logHandler{next, s, ""} }

type logHandler struct {
	slog.Handler
	stream *Stream
	attrs  string
}

// Handle implements slog.Handler.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.stream.Watched() {
		text := r.Message + h.attrs
		r.Attrs(func(a slog.Attr) bool {
			text += " " + a.String()
			return true
		})
		h.stream.Add(Entry{At: r.Time, Kind: "log", Level: r.Level.String(), Text: text})
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	text := h.attrs
	for _, a := range attrs {
		text += " " + a.String()
	}
	return logHandler{h.Handler.WithAttrs(attrs), h.stream, text}
}

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name), h.stream, h.attrs}
}
