package realtime_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// someSlots are connections in several slots, so that two runs of the sweep do not visit them all.
var someSlots = []string{"a", "b", "c", "d", "e", "f"}

// sweepTwice runs the sweep of the next two minutes.
func (f *fixture) sweepTwice() {
	f.t.Helper()
	f.clock.Advance(time.Second)
	for range 2 {
		f.clock.Advance(time.Minute)
		if err := f.Sweep(f.t.Context(), f.clock.Now()); err != nil {
			f.t.Fatal(err)
		}
	}
}

// A function may die at any call: what it does next has no effect.
type dying struct {
	store.Store
	before string
}

func (s *dying) ClaimConnection(ctx context.Context, id string, now time.Time, reason store.Reason) (store.Connection, error) {
	if s.before == "the claim" {
		return store.Connection{}, errors.New("died")
	}
	return s.Store.ClaimConnection(ctx, id, now, reason)
}

func (s *dying) ClaimSocket(ctx context.Context, socket store.SocketRef, now time.Time, reason store.Reason) (store.Connection, error) {
	if s.before == "the claim" {
		return store.Connection{}, errors.New("died")
	}
	return s.Store.ClaimSocket(ctx, socket, now, reason)
}

func (s *dying) Vacate(ctx context.Context, id string, sockets map[string]store.SocketState) error {
	if s.before == "the deletion of memberships" {
		return errors.New("died")
	}
	return s.Store.Vacate(ctx, id, sockets)
}

func (s *dying) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	if s.before == "the look for a DISCONNECT" {
		panic("died")
	}
	return s.Store.Connections(ctx, ids)
}

func TestWhateverSlotAnEndingIsInTheSweepFinishesItWithinTwoMinutes(t *testing.T) {
	end := map[string]func(f *fixture, id string){
		"$disconnect": func(f *fixture, id string) {
			defer func() { _ = recover() }()
			_ = f.Closed(t.Context(), id, 1005)
		},
		"DISCONNECT": func(f *fixture, id string) { f.send(id, "41") },
	}
	reasons := map[string]string{"$disconnect": "transport close", "DISCONNECT": "client namespace disconnect"}
	for what, end := range end {
		for _, before := range []string{"the look for a DISCONNECT", "the claim", "the deletion of memberships"} {
			if what == "DISCONNECT" && before == "the look for a DISCONNECT" {
				continue // there is none
			}
			t.Run(what+" dies before "+before, func(t *testing.T) {
				var d *dying
				f := newFixture(t, func(o *realtime.Options) { d = &dying{Store: o.Store}; o.Store = d })
				var ended calls
				f.OnDisconnect(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
					ended.add("%s %s", s.ConnectionID(), reason)
					return nil
				})
				f.connect(someSlots...)
				d.before = before
				for _, id := range someSlots {
					end(f, id)
				}
				want(t, "ended by the function that died", ended.take(), []string(nil))
				d.before = ""
				f.sweepTwice()
				var all []string
				for _, id := range someSlots {
					all = append(all, id+" "+reasons[what])
				}
				got := ended.take()
				slices.Sort(got)
				want(t, "ended by the sweep", got, all)
				want(t, "members", f.members(store.Everyone), 0)
			})
		}
	}
}

func TestAConnectionThatGotNoSocketIsEndedWithinTwoMinutes(t *testing.T) {
	f := newFixture(t)
	for _, id := range someSlots {
		f.open(id)
	}
	f.connect("joined")
	f.sweepTwice()
	for _, id := range someSlots {
		want(t, id+" is closed", f.gateway.Closed(id), true)
	}
	want(t, "one with a socket is closed", f.gateway.Closed("joined"), false)
	connections, err := f.store.Connections(t.Context(), append(someSlots, "joined"))
	if err != nil || len(connections) != 1 {
		t.Errorf("left: %+v, %v", connections, err)
	}
}
