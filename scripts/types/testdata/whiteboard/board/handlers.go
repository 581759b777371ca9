package board

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/realtime"
)

var errClosed = confab.Errorf("closed", "The board is closed.")

// boards is what the handlers have.
type boards struct{ namespace *realtime.Namespace }

// Register adds the handlers of boards.
func Register(ns *realtime.Namespace) {
	b := &boards{ns}
	ns.UseEvent(func(context.Context, *realtime.Socket, *realtime.Event) error {
		return confab.Errorf("banned", "You may not draw here.")
	})
	// Adds a stroke, and shows it to all others.
	confab.On(ns, "draw", func(ctx context.Context, s *confab.Socket, in Stroke) (Stroke, error) {
		if err := check(in); err != nil {
			return in, err
		}
		return in, s.To(string(in.Board)).Emit(ctx, "drawn", in)
	})
	confab.On(ns, "strokes", b.strokes)
	realtime.Once(ns, "clear board", func(*realtime.Socket, ID) string { return "" }, b.clear)
	confab.On(ns, "typing", func(ctx context.Context, s *confab.Socket, _ confab.None) (confab.None, error) {
		return confab.None{}, s.Broadcast().Emit(ctx, "typing", s.ID())
	})
	confab.On(ns, "trees", limited(func(context.Context, *confab.Socket, *Tree) (map[string]Tree, error) {
		return nil, &realtime.Error{Code: "deep", Message: "No."}
	}))
	ns.HandleAck("seen", func(_ context.Context, _ *realtime.Socket, args realtime.Args) error {
		var at time.Time
		return args.Decode(0, &at)
	})
}

func check(in Stroke) error {
	if len(in.Points) > 1000 {
		return &confab.Error{Code: "full", Message: "The board is full."}
	}
	if len(in.Points) == 0 {
		return confab.Errorf("rate_limited", "Not so fast.")
	}
	return errClosed
}

// limited wraps a handler.
func limited[In, Out any](h func(context.Context, *confab.Socket, In) (Out, error)) func(context.Context, *confab.Socket, In) (Out, error) {
	return func(ctx context.Context, s *confab.Socket, in In) (Out, error) { return h(ctx, s, in) }
}

// strokes returns a page of what is drawn.
func (b *boards) strokes(ctx context.Context, s *confab.Socket, board ID) (*Page[Stroke], error) {
	var answer Answer
	args, err := s.Timeout(time.Second).EmitWithAck(ctx, "ready?", Red)
	if err != nil {
		return nil, err
	}
	if err := args.Decode(0, &answer); err != nil {
		return nil, err
	}
	return &Page[Stroke]{}, s.EmitThen(ctx, "seen", "look", &Status{})
}

// Answer is what a client answers.
type Answer struct {
	Ready bool `json:"ready"`
}

func (b *boards) clear(ctx context.Context, s *confab.Socket, board ID) (confab.None, error) {
	replies, err := b.namespace.In(string(board)).Except(s.ID()).EmitWithAck(ctx, "sure?")
	if err != nil {
		return confab.None{}, errors.New("nobody answers")
	}
	for _, r := range replies {
		var yes bool
		if err := r.Args.Decode(0, &yes); err != nil || !yes {
			return confab.None{}, err
		}
	}
	sockets, err := b.namespace.FetchSockets(ctx)
	if err != nil {
		return confab.None{}, err
	}
	for _, other := range sockets {
		if err := other.Emit(ctx, "cleared", board, Front); err != nil {
			return confab.None{}, err
		}
	}
	return confab.None{}, nil
}
