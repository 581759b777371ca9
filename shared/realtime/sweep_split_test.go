package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// sweepers takes parts of sweeps over.
type sweepers struct {
	taken []realtime.SweepPart
	err   error
}

func (s *sweepers) HandOverSweep(_ context.Context, p realtime.SweepPart) error {
	if s.err == nil {
		s.taken = append(s.taken, p)
	}
	return s.err
}

// newSweptFixture returns a server whose store has two connections on a page, with as many as are in
// all parts of all slots, and more.
func newSweptFixture(t *testing.T, s *sweepers) (f *fixture, ids []string) {
	t.Helper()
	var paged *memstore.Store
	f = newFixture(t, func(o *realtime.Options) {
		paged = memstore.New(o.Now)
		paged.Paged(2)
		o.Store, o.SweepHandover = paged, s
		o.Heartbeat, o.PingTimeout = mode.Ping, 90*time.Second
	})
	f.store = paged
	for i := range 200 {
		ids = append(ids, fmt.Sprint("connection ", i))
	}
	f.connect(ids...)
	f.clock.Advance(2 * time.Minute)
	f.take(ids)
	return f, ids
}

// take returns how many frames each connection has got.
func (f *fixture) take(ids []string) map[string]int {
	frames := map[string]int{}
	for _, id := range ids {
		frames[id] = len(f.gateway.Take(id))
	}
	return frames
}

// sweepAll runs the sweep for each slot within a moment, and the parts that it hands over.
func (f *fixture) sweepRound(s *sweepers, runParts func([]realtime.SweepPart) []realtime.SweepPart) {
	f.t.Helper()
	for i := range store.Slots {
		if err := f.Sweep(f.t.Context(), f.clock.Now().Add(time.Duration(i)*time.Minute)); err != nil {
			f.t.Fatal(err)
		}
	}
	for _, p := range runParts(s.taken) {
		if err := f.SweepPart(f.t.Context(), p); err != nil {
			f.t.Fatal(err)
		}
	}
	s.taken = nil
}

func all(parts []realtime.SweepPart) []realtime.SweepPart { return parts }

func TestASweepHandsOverPartsOfMoreThanAPageAndEachConnectionIsVisitedOnce(t *testing.T) {
	s := &sweepers{}
	f, ids := newSweptFixture(t, s)
	handedOver := 0
	f.sweepRound(s, func(parts []realtime.SweepPart) []realtime.SweepPart {
		handedOver = len(parts)
		return parts
	})
	if handedOver < store.Slots*store.Parts/2 {
		t.Errorf("only %d parts were handed over", handedOver)
	}
	for id, n := range f.take(ids) {
		want(t, "heartbeats of "+id, n, 1)
	}
}

func TestASweepVisitsItselfWhatNobodyTakes(t *testing.T) {
	s := &sweepers{err: errors.New("throttled")}
	f, ids := newSweptFixture(t, s)
	f.sweepRound(s, all)
	for id, n := range f.take(ids) {
		want(t, "heartbeats of "+id, n, 1)
	}
}

func TestAPartOfASweepThatRunsTwiceEndsNobodyWhoIsThere(t *testing.T) {
	s := &sweepers{}
	f, ids := newSweptFixture(t, s)
	f.sweepRound(s, func(parts []realtime.SweepPart) []realtime.SweepPart { return append(parts, parts...) })
	for id, n := range f.take(ids) {
		if n < 1 || n > 2 {
			t.Errorf("%s has got %d heartbeats", id, n)
		}
		want(t, "it is there", f.gateway.Closed(id), false)
	}
}

// Who has not been pinged cannot have answered.
func TestNobodyIsTakenForSilentWhosePartOfASweepDidNotRun(t *testing.T) {
	s := &sweepers{}
	f, ids := newSweptFixture(t, s)
	ran := map[bool]int{}
	f.sweepRound(s, func(parts []realtime.SweepPart) (some []realtime.SweepPart) {
		for i, p := range parts {
			if i%2 == 0 {
				some = append(some, p)
			}
		}
		return some
	})
	pinged := f.take(ids)
	f.clock.Advance(2 * time.Minute) // and nobody answers
	f.sweepRound(s, all)
	for _, id := range ids {
		ran[pinged[id] > 0]++
		want(t, fmt.Sprintf("%s, pinged %d times, was closed", id, pinged[id]), f.gateway.Closed(id), pinged[id] > 0)
	}
	if ran[true] == 0 || ran[false] == 0 {
		t.Errorf("pinged %d, not pinged %d", ran[true], ran[false])
	}
}

// What was begun and not finished is handed over too.
func TestASweepHandsOverEndingsThatAreMoreThanAPage(t *testing.T) {
	s := &sweepers{}
	f, ids := newSweptFixture(t, s)
	for _, id := range ids {
		if err := f.store.NoteEnding(t.Context(), store.SocketRef{ConnectionID: id}, f.clock.Now(), realtime.TransportClose); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.Advance(2 * time.Minute)
	if err := f.Sweep(t.Context(), f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	notes := 0
	for _, p := range s.taken {
		if p.Of == "notes" {
			notes++
		}
		if err := f.SweepPart(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "parts", notes, store.Parts)
	for _, id := range ids {
		want(t, id+" has ended", f.gateway.Closed(id), true)
	}
}

func TestAPartOfASweepThatNobodyKnowsIsAnError(t *testing.T) {
	f := newFixture(t)
	if err := f.SweepPart(t.Context(), realtime.SweepPart{Of: "everything"}); err == nil {
		t.Error("no error")
	}
}
