package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var slotTests = []test{
	{"EachConnectionIsInOneSlot", eachConnectionIsInOneSlot},
	{"AVisitEndsWithItsError", visitEndsWithItsError},
	{"ASlotRemembersItsLastPing", slotRemembersItsLastPing},
}

// slot returns the connections of a slot.
func (f *fixture) slot(t *testing.T, slot int) (connections []store.Connection) {
	t.Helper()
	for part := range store.Parts {
		succeed(t, f.Slot(t.Context(), slot, part, func(page []store.Connection, _ bool) error {
			connections = append(connections, page...)
			return nil
		}))
	}
	return connections
}

func eachConnectionIsInOneSlot(t *testing.T, f *fixture) {
	for i := range 20 {
		AddSocket(t, f, fmt.Sprint(i))
	}
	succeed(t, f.SetExpiry(t.Context(), Socket("0"), Noon.Add(time.Minute)))
	_, err := f.ClaimSocket(t.Context(), Socket("1"), Noon, "server namespace disconnect")
	succeed(t, err)
	_, err = f.ClaimConnection(t.Context(), "2", Noon, "transport close")
	succeed(t, err)
	found := map[string]store.Connection{}
	for slot := range store.Slots {
		for _, c := range f.slot(t, slot) {
			if _, twice := found[c.ID]; twice {
				t.Errorf("connection %s is in two slots", c.ID)
			}
			found[c.ID] = c
		}
	}
	want(t, "found", len(found), 20)
	want(t, "connected at", found["0"].ConnectedAt, Noon)
	want(t, "seen at", found["0"].SeenAt, Noon)
	want(t, "socket", found["0"].Sockets["/"].ID, "sid-0")
	want(t, "expiry of a socket", found["0"].Sockets["/"].Expires, Noon.Add(time.Minute))
	want(t, "ending of a socket", found["1"].Sockets["/"].EndedAt, Noon)
	want(t, "reason of a socket", found["1"].Sockets["/"].Reason, "server namespace disconnect")
	want(t, "ending of a connection", found["2"].EndedAt, Noon)
	want(t, "reason of a connection", found["2"].Reason, "transport close")

	f.advance(3 * time.Hour)
	for slot := range store.Slots {
		want(t, "expired connections", len(f.slot(t, slot)), 0)
	}
}

func visitEndsWithItsError(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	failures := 0
	for i := range store.Slots * store.Parts {
		err := f.Slot(t.Context(), i%store.Slots, i/store.Slots, func(page []store.Connection, _ bool) error {
			if len(page) > 0 {
				return store.ErrNoSession // stands for any error
			}
			return nil
		})
		if err != nil {
			failures++
			wantErr(t, "visit", err, store.ErrNoSession)
		}
	}
	want(t, "failures", failures, 1)
}

func slotRemembersItsLastPing(t *testing.T, f *fixture) {
	at, err := f.Pinged(t.Context(), 3)
	succeed(t, err)
	want(t, "never", at, [store.Parts]time.Time{})
	succeed(t, f.SetPinged(t.Context(), 3, []int{0, 2}, Noon))
	succeed(t, f.SetPinged(t.Context(), 3, []int{1}, Noon.Add(time.Second)))
	at, err = f.Pinged(t.Context(), 3)
	succeed(t, err)
	want(t, "pinged", at, [store.Parts]time.Time{Noon, Noon.Add(time.Second), Noon})
	at, err = f.Pinged(t.Context(), 4)
	succeed(t, err)
	want(t, "another slot", at, [store.Parts]time.Time{})
}
