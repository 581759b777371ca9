package conformance

import (
	"context"
	"time"

	"github.com/confab-chat/confab/scripts/local/apps"
	"github.com/confab-chat/confab/shared/realtime"
)

// application is the conformance application of the public suites, with further namespaces
// for these tests.
func application(srv *realtime.Server) {
	apps.Conformance(srv)
	srv.Of("/refusing").Use(func(context.Context, *realtime.Socket) error {
		return &realtime.Error{Code: "full", Message: "Come back later.", Data: map[string]int{"minutes": 5}}
	})
	srv.Of("/greeting").OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		if err := s.Namespace().To(s.ID()).Emit(ctx, "to your room"); err != nil {
			return err
		}
		return s.Emit(ctx, "to you")
	})
	rooms(srv.Of("/rooms"))
}

// words is a text for the sockets of a room.
type words struct{ Room, Text string }

// rooms lets sockets emit to each other and ask each other.
func rooms(ns *realtime.Namespace) {
	type none = realtime.None
	type state struct {
		Rooms int    `json:"rooms"`
		Data  string `json:"data"`
	}
	ns.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		if !s.Recovered() {
			return nil
		}
		found := state{Rooms: len(s.Rooms())}
		if err := s.Data(&found.Data); err != nil {
			return err
		}
		return s.Emit(ctx, "recovered", found)
	})
	ns.OnDisconnect(func(ctx context.Context, s *realtime.Socket, reason realtime.Reason) error {
		if watcher := s.Handshake().Query["watcher"]; watcher != "" {
			return ns.To(watcher).Emit(ctx, "left", reason)
		}
		return nil
	})
	realtime.On(ns, "join", func(ctx context.Context, s *realtime.Socket, room string) (none, error) {
		return none{}, s.Join(ctx, room)
	})
	realtime.On(ns, "keep", func(ctx context.Context, s *realtime.Socket, data string) (none, error) {
		return none{}, s.SetData(ctx, data)
	})
	realtime.On(ns, "tell", func(ctx context.Context, _ *realtime.Socket, w words) (none, error) {
		return none{}, ns.To(w.Room).Emit(ctx, "told", w.Text)
	})
	realtime.On(ns, "whisper", func(ctx context.Context, _ *realtime.Socket, w words) (none, error) {
		return none{}, ns.To(w.Room).Volatile().Emit(ctx, "told", w.Text)
	})
	realtime.On(ns, "expel", func(ctx context.Context, _ *realtime.Socket, room string) (none, error) {
		return none{}, ns.In(room).DisconnectSockets(ctx, false)
	})
	realtime.On(ns, "read", func(_ context.Context, _ *realtime.Socket, text realtime.Binary) (string, error) {
		return string(text), nil
	})
	ns.Handle("ask", func(ctx context.Context, _ *realtime.Socket, e *realtime.Event) error {
		var room string
		if err := e.Args.Decode(0, &room); err != nil {
			return err
		}
		replies, err := ns.To(room).Timeout(10*time.Second).EmitWithAck(ctx, "question")
		if err != nil {
			return err
		}
		e.Ack(replies[0].Args.Any()...)
		return nil
	})
}
