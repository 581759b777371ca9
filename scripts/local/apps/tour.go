package apps

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// answerTimeout is how long the tour waits for a client's answer. It is short, because the
// tour's clients answer at once or not at all.
const answerTimeout = time.Second

// Tour has an example of everything: of emits and acknowledgements in its namespace /tour,
// of binary data in /tour/binary, and of a middleware in /tour/members.
func Tour(srv *realtime.Server) {
	tour := srv.Of("/tour")
	answers(tour)
	emits(tour)
	goodbyes(tour)
	binary(srv.Of("/tour/binary"))
	members(srv.Of("/tour/members"))
}

// answers has acknowledgements in both directions.
func answers(tour *realtime.Namespace) {
	type visitor struct {
		Name string `json:"name"`
	}
	type greeting struct {
		Greeting string `json:"greeting"`
	}
	realtime.On(tour, "greet", func(_ context.Context, _ *realtime.Socket, in visitor) (greeting, error) {
		return greeting{"Hello, " + in.Name + "!"}, nil
	})

	realtime.On(tour, "myID", func(_ context.Context, s *realtime.Socket, _ realtime.None) (string, error) {
		return s.ID(), nil
	})

	type question struct {
		Number int `json:"number"`
	}
	type answer struct {
		OK     bool `json:"ok"`
		Answer int  `json:"answer"`
	}
	realtime.On(tour, "askMe", func(ctx context.Context, s *realtime.Socket, in question) (answer, error) {
		out := answer{OK: true}
		reply, err := s.Timeout(answerTimeout).EmitWithAck(ctx, "question", in)
		if err != nil {
			return out, realtime.Errorf("no_answer", "The client did not answer.").Because(err)
		}
		err = reply.Decode(0, &out)
		return out, err
	})
}

// emits has an event for each group of receivers.
func emits(tour *realtime.Namespace) {
	type none = realtime.None
	realtime.On(tour, "tellMe", func(ctx context.Context, s *realtime.Socket, text string) (none, error) {
		return none{}, s.Emit(ctx, "told", text)
	})
	realtime.On(tour, "tellOthers", func(ctx context.Context, s *realtime.Socket, text string) (none, error) {
		return none{}, s.Broadcast().Emit(ctx, "told", text)
	})
	realtime.On(tour, "tellEveryone", func(ctx context.Context, s *realtime.Socket, text string) (none, error) {
		return none{}, s.Namespace().Emit(ctx, "told", text)
	})
	realtime.On(tour, "enter", func(ctx context.Context, s *realtime.Socket, room string) (none, error) {
		return none{}, s.Join(ctx, room)
	})
	type tell struct {
		Room string `json:"room"`
		Text string `json:"text"`
	}
	realtime.On(tour, "tellRoom", func(ctx context.Context, s *realtime.Socket, in tell) (none, error) {
		return none{}, s.Namespace().To(in.Room).Emit(ctx, "told", in.Text)
	})
}

// goodbyes has the ends of sockets, and a handler that panics.
func goodbyes(tour *realtime.Namespace) {
	type none = realtime.None
	realtime.On(tour, "fall", func(context.Context, *realtime.Socket, none) (none, error) {
		panic("the tour's handler panics on purpose")
	})
	realtime.On(tour, "leaveMe", func(ctx context.Context, s *realtime.Socket, _ none) (none, error) {
		return none{}, s.Disconnect(ctx, false)
	})

	const watchers = "watchers"
	realtime.On(tour, "watch", func(ctx context.Context, s *realtime.Socket, _ none) (none, error) {
		return none{}, s.Join(ctx, watchers)
	})
	type left struct {
		ID     string          `json:"id"`
		Reason realtime.Reason `json:"reason"`
	}
	tour.OnDisconnect(func(ctx context.Context, s *realtime.Socket, reason realtime.Reason) error {
		return tour.To(watchers).Emit(ctx, "left", left{s.ID(), reason})
	})
}

// binary echoes binary data.
func binary(ns *realtime.Namespace) {
	realtime.On(ns, "mirror", func(ctx context.Context, s *realtime.Socket, in realtime.Binary) (realtime.Binary, error) {
		return in, s.Emit(ctx, "mirrored", in)
	})
	type picture struct {
		Name  string          `json:"name"`
		Bytes realtime.Binary `json:"bytes"`
	}
	realtime.On(ns, "picture", func(ctx context.Context, s *realtime.Socket, name string) (picture, error) {
		p := picture{name, realtime.Binary(name)}
		return p, s.Emit(ctx, "shown", p)
	})
}

// members admits clients with a ticket, and remembers their names.
func members(ns *realtime.Namespace) {
	type member struct {
		Name   string `json:"name"`
		Ticket string `json:"ticket,omitempty"`
	}
	ns.Use(func(ctx context.Context, s *realtime.Socket) error {
		var m member
		if err := s.Handshake().DecodeAuth(&m); err != nil || m.Ticket != "golden" {
			return realtime.Errorf("no_ticket", "Members only.").Because(err)
		}
		return s.SetData(ctx, member{Name: m.Name})
	})
	realtime.On(ns, "whoAmI", func(_ context.Context, s *realtime.Socket, _ realtime.None) (member, error) {
		var m member
		err := s.Data(&m)
		return m, err
	})
}
