package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
)

// A client that leaves in the middle of its connection handler is no ERROR in the log.
func TestAClientThatLeavesInTheMiddleIsNoErrorInTheLog(t *testing.T) {
	type work = func(context.Context, *realtime.Socket) error
	emit := func(ctx context.Context, s *realtime.Socket) error { return s.Emit(ctx, "welcome") }
	join := func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "room") }
	works := map[string]work{
		"emits": emit, "joins": join,
		"does both":    func(ctx context.Context, s *realtime.Socket) error { return errors.Join(emit(ctx, s), join(ctx, s)) },
		"sets data":    func(ctx context.Context, s *realtime.Socket) error { return s.SetData(ctx, "x") },
		"does nothing": func(context.Context, *realtime.Socket) error { return nil },
	}
	register := map[string]func(*fixture, work){
		"a middleware": func(f *fixture, w work) {
			f.Use(func(ctx context.Context, s *realtime.Socket) error { return f.leave(ctx, s.ConnectionID()) })
			f.OnConnection(w)
		},
		"a connection handler": func(f *fixture, w work) {
			f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
				return errors.Join(f.leave(ctx, s.ConnectionID()), w(ctx, s))
			})
		},
		"an event handler": func(f *fixture, w work) {
			f.Handle("go", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
				return errors.Join(f.leave(ctx, s.ConnectionID()), w(ctx, s))
			})
		},
	}
	for what, w := range works {
		for where, in := range register {
			t.Run(fmt.Sprint("it leaves in ", where, " that ", what), func(t *testing.T) {
				var o observer
				f := newFixture(t, func(options *realtime.Options) { options.Observer = &o })
				in(f, w)
				f.open("c")
				f.send("c", "40")
				f.send("c", `421["go"]`)
				if !f.gateway.Closed("c") {
					t.Error("it has not left: nothing is tested")
				}
				if log := f.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
					t.Errorf("logged\n%s", log)
				}
				want(t, "refusals counted", o.heard, nil)
			})
		}
	}
}

func TestAFailureOfOurOwnIsAnErrorInTheLogAlsoWhenTheClientHasLeft(t *testing.T) {
	f := newFixture(t)
	f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		return errors.Join(f.leave(ctx, s.ConnectionID()), s.Emit(ctx, "welcome"), errors.New("no database"))
	})
	f.open("c")
	f.send("c", "40")
	if log := f.log.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "no database") {
		t.Errorf("logged\n%s", log)
	}
}

// leave cuts a client's line, and has the function of $disconnect told.
func (f *fixture) leave(ctx context.Context, id string) error {
	return errors.Join(f.gateway.Close(ctx, id), f.Closed(ctx, id, 1001))
}
