package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
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

func ExampleNewServer() {
	// In the functions the server is made for you, and given to functions/app. Elsewhere
	// make one to emit from there: store and gateway are a realtimestore.Store and an
	// apigw.Gateway.
	var store store.Store
	var gateway realtime.Gateway
	srv := realtime.NewServer(realtime.Options{
		Store:    store,
		Gateway:  gateway,
		Recovery: &realtime.Recovery{Window: 2 * time.Minute}, // as in the functions
	})
	send := func(ctx context.Context, order any) error {
		return srv.Of("/orders").To("kitchen").Emit(ctx, "order", order)
	}
	_ = send
}

func ExampleErrorf() {
	realtime.On(srv, "buy", func(_ context.Context, _ *realtime.Socket, item string) (int, error) {
		if item != "tea" {
			// The client is acknowledged with {"ok":false,"error":{"code":"sold_out","message":…}}.
			return 0, realtime.Errorf("sold_out", "There is no %s.", item)
		}
		if err := errors.New("the till is stuck"); err != nil {
			return 0, realtime.Unavailable(err) // "temporary": true; the cause is for the log
		}
		return 1, nil
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
}

func ExampleNamespace_PrependAny() {
	srv.PrependAny(func(_ context.Context, _ *realtime.Socket, e *realtime.Event) {
		fmt.Println(e.Name, "is under way for", time.Since(e.At)) // before the other listeners
	})
}

func ExampleNamespace_OnAnyOutgoing() {
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

func ExampleNamespace_OnConnection() {
	srv.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		if s.Recovered() {
			return nil // it has its rooms and data, and what it missed
		}
		return s.Emit(ctx, "welcome", s.Handshake().Query["lang"])
	})
}

func ExampleNamespace_OnDisconnecting() {
	srv.OnDisconnecting(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		return s.To(s.Rooms()[1:]...).Emit(ctx, "leaves", s.ID()) // it is still in its rooms
	})
}

func ExampleNamespace_OnDisconnect() {
	srv.OnDisconnect(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
		fmt.Println(s.ID(), "is gone:", reason)
		return nil
	})
}
