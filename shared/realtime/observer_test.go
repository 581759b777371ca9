package realtime_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
)

// observer notes what it hears.
type observer struct {
	mu    sync.Mutex
	heard []string
}

func (o *observer) note(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.heard = append(o.heard, what)
}

func (o *observer) Refused(_ context.Context, code string) { o.note(code) }
func (o *observer) GaveUp(context.Context)                 { o.note("gave up") }

func TestAnObserverHearsWhatClientsAreToldAndWhatIsGivenUp(t *testing.T) {
	var o observer
	f := newFixture(t, func(options *realtime.Options) {
		options.Observer = &o
		options.Rate = realtime.Rate{Messages: 5, Per: options.Rate.Per}
	})
	f.Handle("fail", func(context.Context, *realtime.Socket, *realtime.Event) error { return errors.New("no") })
	f.Handle("refuse", func(context.Context, *realtime.Socket, *realtime.Event) error {
		return realtime.Errorf("closed", "We are closed.")
	})
	f.Handle("say", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		_ = s.Emit(ctx, "x")
		return nil
	})
	f.connect("a")
	f.send("a", `421["fail"]`)
	f.send("a", `422["refuse"]`)
	f.gateway.fail = func(string, []byte) error { return realtime.ErrBusy }
	f.send("a", `42["say"]`)
	f.gateway.fail = nil
	f.send("a", `423["refuse"]`)
	f.send("a", `424["refuse"]`)
	want(t, "heard", o.heard, []string{"internal", "closed", "gave up", "closed", "rate_limited"})
}
