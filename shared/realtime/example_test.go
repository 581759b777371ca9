package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// srv is a server as the functions make it; gateway and store are those of AWS.
var srv = realtime.NewServer(realtime.Options{})

type (
	user struct{ Name string }
	note struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
)

func verify(string) (user, time.Time, error) { return user{}, time.Time{}, nil }

func ExampleOn() {
	// The client: const sum = await socket.emitWithAck("add", [1, 2]);
	realtime.On(srv, "add", func(_ context.Context, _ *realtime.Socket, numbers []int) (int, error) {
		if len(numbers) == 0 {
			return 0, realtime.Errorf("empty", "There is nothing to add.")
		}
		sum := 0
		for _, n := range numbers {
			sum += n
		}
		return sum, nil
	})
}

func ExampleOnce() {
	// A client with retries sends an order again until it is acknowledged.
	type order struct{ ID, Item string }
	realtime.Once(srv, "order",
		func(s *realtime.Socket, in order) string {
			var who user
			if in.ID == "" || s.Data(&who) != nil {
				return ""
			}
			return who.Name + "/" + in.ID
		},
		func(_ context.Context, _ *realtime.Socket, in order) (string, error) {
			return "ordered " + in.Item, nil
		})
}

func ExampleServer_Of() {
	game := srv.Of("/game")
	game.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		return s.Broadcast().Emit(ctx, "joined", s.ID())
	})
}

func ExampleServer_OfFunc() {
	tenants := srv.OfFunc(regexp.MustCompile(`^/tenant-\d+$`).MatchString)
	realtime.On(tenants, "where", func(_ context.Context, s *realtime.Socket, _ realtime.None) (string, error) {
		return s.Namespace().Name(), nil // "/tenant-7"
	})
}

func ExampleNamespace_Use() {
	// The client: io(url, { auth: { token } }).
	srv.Use(func(ctx context.Context, s *realtime.Socket) error {
		var auth struct{ Token string }
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return realtime.Errorf("unauthorized", "Sign in first.")
		}
		who, expires, err := verify(auth.Token)
		if err != nil {
			return realtime.Errorf("unauthorized", "Sign in first.").Because(err)
		}
		return errors.Join(s.SetData(ctx, who), s.SetExpiry(ctx, expires), s.Join(ctx, "user:"+who.Name))
	})
}

func ExampleNamespace_UseEvent() {
	srv.UseEvent(func(_ context.Context, s *realtime.Socket, e *realtime.Event) error {
		if e.Name == "ban" && !s.InRoom("moderators") {
			return realtime.Errorf("forbidden", "Only moderators may do this.")
		}
		return nil
	})
}

func ExampleNamespace_OnAny() {
	srv.OnAny(func(_ context.Context, s *realtime.Socket, e *realtime.Event) {
		fmt.Println(s.ID(), "emits", e.Name, "with", len(e.Args), "arguments")
	})
	srv.OnAnyOutgoing(func(_ context.Context, event string, _ []any) {
		fmt.Println("the server emits", event)
	})
}

func ExampleNamespace_Handle() {
	// Several arguments, and an acknowledgement with several values.
	srv.Handle("move", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		var x, y int
		if err := errors.Join(e.Args.Decode(0, &x), e.Args.Decode(1, &y)); err != nil {
			return realtime.Errorf(realtime.CodeBadRequest, "move takes two numbers.").Because(err)
		}
		e.Ack(x, y, e.At)
		return nil
	})
}

func ExampleNamespace_HandleAny() {
	srv.HandleAny(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
		e.Ack("nobody handles " + e.Name)
		return nil
	})
}

func ExampleNamespace_HandleAck() {
	srv.HandleAck("vote", func(ctx context.Context, s *realtime.Socket, answer realtime.Args) error {
		var yes bool
		if err := answer.Decode(0, &yes); err != nil {
			return err
		}
		return s.To("results").Emit(ctx, "voted", yes)
	})
	realtime.On(srv, "ask", func(ctx context.Context, s *realtime.Socket, question string) (realtime.None, error) {
		return realtime.None{}, s.In("voters").EmitThen(ctx, "vote", "question", question)
	})
}

func ExampleNamespace_OnDisconnect() {
	srv.OnDisconnecting(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		return s.To(s.Rooms()[1:]...).Emit(ctx, "leaves", s.ID()) // it is still in its rooms
	})
	srv.OnDisconnect(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
		fmt.Println(s.ID(), "is gone:", reason)
		return nil
	})
}

func ExampleNamespace_Emit() {
	// From an HTTP handler, a schedule, or another service: no connection is needed.
	ctx := context.Background()
	if err := srv.Of("/news").Emit(ctx, "headline", "Socket.IO without servers"); err != nil {
		fmt.Println(err)
	}
}

func ExampleBroadcast_Except() {
	// Operators are values: keep them, and build on them.
	team := srv.To("team-1", "team-2")
	awake := team.Except("asleep")
	_ = awake.Emit(context.Background(), "standup")
	_ = team.Volatile().Emit(context.Background(), "cursor", 3, 4)
}

func ExampleBroadcast_EmitWithAck() {
	replies, err := srv.In("room-1").Timeout(3*time.Second).EmitWithAck(context.Background(), "ready?")
	for _, r := range replies {
		fmt.Println(r.SocketID, "answers", len(r.Args), "values")
	}
	var late *realtime.AckTimeoutError
	if errors.As(err, &late) {
		fmt.Println("no answer from", late.Missing)
	}
}

func ExampleBroadcast_FetchSockets() {
	ctx := context.Background()
	sockets, err := srv.In("lobby").FetchSockets(ctx)
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range sockets {
		var who user
		if s.Data(&who) == nil {
			fmt.Println(who.Name, s.Rooms)
		}
	}
	// All of them move on; the next emit to "game-1" reaches them.
	_ = srv.In("lobby").SocketsJoin(ctx, "game-1")
	_ = srv.In("game-1").SocketsLeave(ctx, "lobby")
	_ = srv.In("banned").DisconnectSockets(ctx, true)
}

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
