package apps

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// answerTimeout is how long the tour waits for a client's answer: short, because
// clients of a tour answer at once or not at all.
const answerTimeout = time.Second

// Tour shows in its namespace /tour each way of saying something to clients.
func Tour(srv *realtime.Server) {
	tour := srv.Of("/tour")

	type visitor struct {
		Name string `json:"name"`
	}
	type greeting struct {
		Greeting string `json:"greeting"`
	}
	realtime.On(tour, "greet", func(_ context.Context, _ *realtime.Socket, in visitor) (greeting, error) {
		return greeting{"Hello, " + in.Name + "!"}, nil
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
		return out, reply.Decode(0, &out)
	})

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
	realtime.On(tour, "fall", func(context.Context, *realtime.Socket, none) (none, error) {
		panic("the tour's handler falls on purpose")
	})
	realtime.On(tour, "leaveMe", func(ctx context.Context, s *realtime.Socket, _ none) (none, error) {
		return none{}, s.Disconnect(ctx, false)
	})
}
