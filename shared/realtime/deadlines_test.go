package realtime_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// The conformance suite counts pings with the same deadlines, on the real clock.
func TestDeadlinesAreKept(t *testing.T) {
	const (
		interval = 500 * time.Millisecond
		timeout  = 8 * time.Second
		every    = 55 * time.Millisecond
		round    = store.Slots * every
	)
	f := newFixture(t, func(o *realtime.Options) {
		o.Heartbeat, o.PingInterval, o.PingTimeout, o.ConnectTimeout, o.SweepEvery = mode.Ping, interval, timeout, timeout, every
	})
	f.Of("/no").Use(func(context.Context, *realtime.Socket) error { return realtime.Errorf("no", "No.") })
	var mu sync.Mutex
	pings := map[string][]time.Time{}
	f.gateway.Hear = func(id, frame string) {
		if frame != "2" {
			return
		}
		mu.Lock()
		pings[id] = append(pings[id], f.clock.Now())
		mu.Unlock()
		if id != "silent" {
			f.send(id, "3")
		}
	}
	start := f.clock.Now()
	f.connect("quiet", "silent")
	withoutSocket := map[string][]string{"nothing": nil, "unknown": {"40/unknown,"}, "refused": {"40/no,"}, "frames": {"3", "6"}}
	ids := []string{"quiet", "silent"}
	for id, frames := range withoutSocket {
		ids = append(ids, id)
		f.open(id)
		for _, frame := range frames {
			f.send(id, frame)
		}
	}
	closed := map[string]time.Time{}
	for f.clock.Now().Before(start.Add(3 * timeout)) {
		f.clock.Advance(every)
		if err := f.Sweep(t.Context(), f.clock.Now()); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if _, known := closed[id]; !known && f.gateway.Closed(id) {
				closed[id] = f.clock.Now()
			}
		}
	}

	// A client gives a connection up that has heard no ping for both times (Engine.IO 4).
	if at, ended := closed["quiet"]; ended || len(pings["quiet"]) < 20 {
		t.Errorf("quiet has %d pings and was closed after %v", len(pings["quiet"]), at.Sub(start))
	}
	last := start
	for _, at := range pings["quiet"] {
		if at.Sub(last) > interval+timeout {
			t.Errorf("a ping came %v after the last", at.Sub(last))
		}
		last = at
	}
	within := func(id string, since time.Time, most time.Duration) {
		t.Helper()
		at, ended := closed[id]
		if took := at.Sub(since); !ended || took < timeout || took > most {
			t.Errorf("%s was closed (%v) after %v", id, ended, took)
		}
	}
	if len(pings["silent"]) == 0 {
		t.Fatal("silent was never pinged")
	}
	within("silent", pings["silent"][0], 2*timeout+2*round) // the first ping came while it was being opened
	for id := range withoutSocket {
		within(id, start, timeout+2*round)
	}
}
