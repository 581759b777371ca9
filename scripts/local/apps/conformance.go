package apps

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// Conformance has the handlers that public test suites of Socket.IO, for the protocol and
// for clients, expect from a server. As the protocol's suite expects, it emits "auth" to each
// socket of the root namespace.
func Conformance(srv *realtime.Server) {
	conformance(srv)
	srv.OnConnection(emitAuth)
}

// ConformanceWithoutRootAuth is Conformance without "auth" in the root namespace: a test of the
// client's suite expects no event there but its own.
func ConformanceWithoutRootAuth(srv *realtime.Server) { conformance(srv) }

func emitAuth(ctx context.Context, s *realtime.Socket) error {
	var auth any = map[string]any{}
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return err
	}
	return s.Emit(ctx, "auth", auth)
}

func conformance(srv *realtime.Server) {
	srv.Use(func(_ context.Context, s *realtime.Socket) error {
		if s.Handshake().Query["fail"] != "" {
			return realtime.Errorf("", "Auth failed (main namespace)")
		}
		return nil
	})
	for _, name := range []string{"/", "/custom", "/foo", "/abc", "/asd", "/valid", "/timeout_socket"} {
		srv.Of(name).HandleAny(ignore)
	}
	srv.Of("/custom").OnConnection(emitAuth)
	srv.Of("/foo").Handle("getId", getID)
	srv.Of("/abc").OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		return s.Emit(ctx, "handshake", s.Handshake())
	})
	srv.Of("/no").Use(func(context.Context, *realtime.Socket) error {
		return realtime.Errorf("", "Auth failed (custom namespace)")
	})
	conformanceEvents(srv)
	conformanceBinary(srv)
}

// ignore leaves an event without an acknowledgement, as the reference does with events
// without a handler.
func ignore(context.Context, *realtime.Socket, *realtime.Event) error { return nil }

func getID(_ context.Context, s *realtime.Socket, e *realtime.Event) error {
	e.Ack(s.ID())
	return nil
}

// conformanceEvents are the events of the root namespace.
func conformanceEvents(srv *realtime.Server) {
	emit := func(event string, args ...any) realtime.HandlerFunc {
		return func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
			return s.Emit(ctx, event, args...)
		}
	}
	srv.Handle("hi", emit("hi"))
	srv.Handle("false", emit("false", false))
	srv.Handle("doge", emit("doge", realtime.Binary("asdfasdf")))
	srv.Handle("getId", getID)
	srv.Handle("message", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		return s.Emit(ctx, "message-back", e.Args.Any()...)
	})
	srv.Handle("message-with-ack", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack(e.Args.Any()...)
		return nil
	})
	srv.Handle("echo", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack(e.Args.Any()[:min(1, len(e.Args))]...)
		return nil
	})
	srv.Handle("ack", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		return s.EmitThen(ctx, "got it", "ack")
	})
	srv.HandleAck("got it", func(ctx context.Context, s *realtime.Socket, answer realtime.Args) error {
		var number int
		var object struct{ Test bool }
		if err := errors.Join(answer.Decode(0, &number), answer.Decode(1, &object)); err != nil || number != 5 || !object.Test {
			return err
		}
		return s.Emit(ctx, "got it")
	})
	srv.Handle("getAckDate", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack(now())
		return nil
	})
	srv.Handle("getDate", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		return s.Emit(ctx, "takeDate", now())
	})
	srv.Handle("getDateObj", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		return s.Emit(ctx, "takeDateObj", map[string]string{"date": now()})
	})
	srv.Handle("getUtf8", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		for _, text := range []string{"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"} {
			if err := s.Emit(ctx, "takeUtf8", text); err != nil {
				return err
			}
		}
		return nil
	})
	srv.Handle("getHandshake", func(_ context.Context, s *realtime.Socket, e *realtime.Event) error {
		e.Ack(s.Handshake())
		return nil
	})
}

// conformanceBinary are the events of the root namespace that carry binary data.
func conformanceBinary(srv *realtime.Server) {
	srv.Handle("buffa", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		if !isBinary(e, 0) {
			return nil
		}
		return s.Emit(ctx, "buffack")
	})
	realtime.On(srv, "jsonbuff", func(ctx context.Context, s *realtime.Socket, in struct {
		Hello, Goodbye string
		Message        realtime.Binary
	}) (realtime.None, error) {
		if in.Hello == "" || in.Goodbye == "" || len(in.Message) == 0 {
			return realtime.None{}, nil
		}
		return realtime.None{}, s.Emit(ctx, "jsonbuff-ack")
	})
	srv.Handle("abuff1", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		return s.SetData(ctx, e.At)
	})
	srv.Handle("abuff2", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		if before, err := abuff1Before(ctx, s, e.At); err != nil || !before {
			return err
		}
		return s.Emit(ctx, "abuff2-ack")
	})
}

// abuff1Before reports whether "abuff1" was sent before a time. The two events may run at
// once, and then the first may store its time only after the second looks.
func abuff1Before(ctx context.Context, s *realtime.Socket, at time.Time) (bool, error) {
	for range (wait.Backoff{First: 50 * time.Millisecond, Factor: 1, Times: 20}).Attempts(ctx) {
		found, err := s.Namespace().In(s.ID()).FetchSockets(ctx)
		if err != nil {
			return false, err
		}
		var first time.Time
		for _, socket := range found {
			if err := socket.Data(&first); err != nil {
				return false, err
			}
		}
		if !first.IsZero() {
			return first.Before(at), nil
		}
	}
	return false, ctx.Err()
}

// now returns the time as JavaScript's Date has it in JSON.
func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// isBinary reports whether an argument is binary data as a whole.
func isBinary(e *realtime.Event, i int) bool {
	var v any
	if e.Args.Decode(i, &v) != nil {
		return false
	}
	_, ok := v.(realtime.Binary)
	return ok
}
