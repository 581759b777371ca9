package realtime_test

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

func ExampleSocket_EmitWithAck() {
	realtime.On(srv, "start", func(ctx context.Context, s *realtime.Socket, _ realtime.None) (string, error) {
		reply, err := s.Timeout(5*time.Second).EmitWithAck(ctx, "choose", "red", "blue")
		if err != nil {
			return "", realtime.Errorf("no_answer", "You did not choose.").Because(err)
		}
		var color string
		return color, reply.Decode(0, &color)
	})
}

func ExampleSocket_Join() {
	realtime.On(srv, "enter", func(ctx context.Context, s *realtime.Socket, room string) ([]string, error) {
		if err := s.Join(ctx, room); err != nil {
			return nil, err
		}
		return s.Rooms(), s.To(room).Emit(ctx, "entered", s.ID()) // the others in the room
	})
	realtime.On(srv, "leave", func(ctx context.Context, s *realtime.Socket, room string) (realtime.None, error) {
		return realtime.None{}, s.Leave(ctx, room)
	})
}

func ExampleSocket_Broadcast() {
	realtime.On(srv, "note", func(ctx context.Context, s *realtime.Socket, n note) (realtime.None, error) {
		return realtime.None{}, errors.Join(
			s.Emit(ctx, "noted", n.ID),         // this client
			s.Broadcast().Emit(ctx, "note", n), // everyone but this client
			srv.Emit(ctx, "notes", 1),          // everyone
			srv.To("readers").Emit(ctx, "n", n) /* a room, the sender included */)
	})
}

func ExampleSocket_Data() {
	realtime.On(srv, "rename", func(ctx context.Context, s *realtime.Socket, name string) (user, error) {
		var who user
		if err := s.Data(&who); err != nil {
			return who, err
		}
		who.Name = name
		return who, s.SetData(ctx, who)
	})
}

func ExampleSocket_Disconnect() {
	realtime.On(srv, "bye", func(ctx context.Context, s *realtime.Socket, everywhere bool) (realtime.None, error) {
		return realtime.None{}, s.Disconnect(ctx, everywhere) // with true, all namespaces of the connection
	})
}

func ExampleSocket_Emit() {
	realtime.On(srv, "hello", func(ctx context.Context, s *realtime.Socket, _ realtime.None) (realtime.None, error) {
		return realtime.None{}, errors.Join(
			s.Emit(ctx, "greeting", "Hello", 42, realtime.Binary{1, 2, 3}), // several arguments, bytes among them
			s.Send(ctx, "the event message"),
			s.Volatile().Emit(ctx, "hint"), // not again when the client is busy
		)
	})
}

func ExampleSocket_EmitThen() {
	// Nobody waits for the answer: it runs a handler of its own, in whichever function.
	srv.HandleAck("chosen", func(ctx context.Context, s *realtime.Socket, answer realtime.Args) error {
		var color string
		if err := answer.Decode(0, &color); err != nil {
			return err
		}
		return s.SetData(ctx, color)
	})
	srv.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		return s.EmitThen(ctx, "chosen", "choose", "red", "blue")
	})
}

func ExampleSocket_Rooms() {
	realtime.On(srv, "where am I", func(_ context.Context, s *realtime.Socket, _ realtime.None) ([]string, error) {
		if s.InRoom("secret") {
			return nil, realtime.Errorf("secret", "I must not say.")
		}
		return s.Rooms(), nil // that of the socket's own id first
	})
}

func ExampleSocket_Handshake() {
	srv.Use(func(ctx context.Context, s *realtime.Socket) error {
		h := s.Handshake()
		if !h.Secure {
			return realtime.Errorf("tls", "Come by https.")
		}
		return s.SetData(ctx, map[string]string{"agent": h.Headers["user-agent"], "from": h.Address})
	})
}

func ExampleSocket_SetExpiry() {
	// A newer token of the same user lets the socket live on.
	realtime.On(srv, "renew", func(ctx context.Context, s *realtime.Socket, token string) (time.Time, error) {
		_, expires, err := verify(token)
		if err != nil {
			return s.Expiry(), realtime.Errorf("unauthorized", "The token is not good.").Because(err)
		}
		return expires, s.SetExpiry(ctx, expires)
	})
}
