package realtime_test

import (
	"context"
	"errors"
	"fmt"
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

func (o *observer) GivenUp(_ context.Context, connections int) {
	o.note(fmt.Sprint("given up ", connections))
}

func TestAnObserverHearsWhatClientsAreTold(t *testing.T) {
	var o observer
	f := newFixture(t, func(options *realtime.Options) {
		options.Observer = &o
		options.Rate = realtime.Rate{Messages: 5, Per: options.Rate.Per}
	})
	f.Handle("fail", func(context.Context, *realtime.Socket, *realtime.Event) error { return errors.New("no") })
	f.Handle("refuse", func(context.Context, *realtime.Socket, *realtime.Event) error {
		return realtime.Errorf("closed", "We are closed.")
	})
	f.connect("a")
	f.send("a", `421["fail"]`)
	f.send("a", `422["refuse"]`)
	f.send("a", `42["refuse"]`)
	f.send("a", `423["refuse"]`)
	f.send("a", `424["refuse"]`)
	want(t, "heard", o.heard, []string{"internal", "closed", "closed", "closed", "rate_limited"})
}
