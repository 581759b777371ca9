package storetest

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var endingTests = []test{
	{"OneOfManyMayEndAConnection", oneOfManyEndsAConnection},
	{"AClaimThatItsHolderDidNotFinishPassesOn", unfinishedClaimPassesOn},
	{"AClaimOnASocketPassesOnToo", unfinishedSocketClaimPassesOn},
	{"ASocketEndsByItself", socketEndsByItself},
	{"TheSuccessorOfASocketIsAnotherSocket", successorIsAnotherSocket},
	{"TheLastSocketOfAnEndingConnectionIsKnown", lastSocketIsKnown},
	{"UnfinishedEndingsAreFound", unfinishedEndingsAreFound},
}

func oneOfManyEndsAConnection(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "a", "room")
	var winners atomic.Int64
	together(8, func(int) {
		got, err := f.ClaimConnection(t.Context(), "a", Noon, "transport close")
		switch {
		case err == nil:
			winners.Add(1)
			if !reflect.DeepEqual(got.Sockets, c.Sockets) {
				t.Errorf("sockets: got %+v", got.Sockets)
			}
			want(t, "ended at", got.EndedAt, Noon)
			want(t, "reason", got.Reason, "transport close")
		case !errors.Is(err, store.ErrClaimed):
			t.Error(err)
		}
	})
	want(t, "winners", winners.Load(), 1)
}

func unfinishedClaimPassesOn(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	claim := func(after time.Duration) error {
		_, err := f.ClaimConnection(t.Context(), "a", Noon.Add(after), "transport close")
		return err
	}
	wantErr(t, "first", claim(0), nil)
	wantErr(t, "within the lease", claim(store.ClaimLease-time.Second), store.ErrClaimed)
	wantErr(t, "after the lease", claim(store.ClaimLease+time.Second), nil)
	wantErr(t, "within the new lease", claim(store.ClaimLease+2*time.Second), store.ErrClaimed)
	for range 2 {
		succeed(t, f.RemoveConnection(t.Context(), "a"))
	}
	wantErr(t, "removed", claim(0), store.ErrNoConnection)
}

func unfinishedSocketClaimPassesOn(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	claim := func(after time.Duration, reason store.Reason) error {
		c, err := f.ClaimSocket(t.Context(), Socket("a"), Noon.Add(after), reason)
		if err == nil {
			want(t, "ended at", c.Sockets["/"].EndedAt, Noon.Add(after))
			want(t, "reason", c.Sockets["/"].Reason, reason)
		}
		return err
	}
	wantErr(t, "first", claim(0, "server namespace disconnect"), nil)
	wantErr(t, "within the lease", claim(store.ClaimLease-time.Second, "transport close"), store.ErrClaimed)
	wantErr(t, "after the lease", claim(store.ClaimLease+time.Second, "transport close"), nil)
}

func socketEndsByItself(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "a", "room")
	succeed(t, f.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "o"}))
	got, err := f.ClaimSocket(t.Context(), Socket("a"), Noon, "server namespace disconnect")
	succeed(t, err)
	want(t, "rooms", got.Sockets["/"].Rooms, []string{"room"})
	_, err = f.ClaimSocket(t.Context(), Socket("a"), Noon, "server namespace disconnect")
	wantErr(t, "second claim", err, store.ErrClaimed)
	wantErr(t, "join while ending", f.Join(t.Context(), Socket("a"), []string{"x"}, 100), store.ErrNoSocket)
	for range 2 {
		succeed(t, f.Vacate(t.Context(), "a", map[string]store.SocketState{"/": got.Sockets["/"]}))
		last, err := f.RemoveSocket(t.Context(), "a", "/", Noon.Add(time.Second))
		succeed(t, err)
		want(t, "last of an ending connection", last, false)
	}
	for _, room := range []string{"sid-a", "room", store.Everyone} {
		WantMembers(t, f, "/", room)
	}
	_, err = f.ClaimSocket(t.Context(), Socket("a"), Noon, "server namespace disconnect")
	wantErr(t, "claim without socket", err, store.ErrNoSocket)
	_, err = f.ClaimSocket(t.Context(), Socket("none"), Noon, "server namespace disconnect")
	wantErr(t, "claim without connection", err, store.ErrNoSocket)
	left := f.connection(t, "a")
	want(t, "when a socket left", left.LeftAt.UnixMilli(), Noon.Add(time.Second).UnixMilli())
	WantMembers(t, f, "/other", store.Everyone, "a")
}

func successorIsAnotherSocket(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "a")
	_, err := f.RemoveSocket(t.Context(), "a", "/", Noon)
	succeed(t, err)
	wantErr(t, "connect again", f.AddSocket(t.Context(), c, "/", store.SocketState{ID: "again"}), nil)
	_, err = f.ClaimSocket(t.Context(), Socket("a"), Noon, "server namespace disconnect")
	wantErr(t, "claim of the predecessor", err, store.ErrNoSocket)
	wantErr(t, "data of the predecessor", f.SetData(t.Context(), Socket("a"), json.RawMessage(`1`)), store.ErrNoSocket)
	wantErr(t, "expiry of the predecessor", f.SetExpiry(t.Context(), Socket("a"), Noon), store.ErrNoSocket)
}

func lastSocketIsKnown(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "a")
	succeed(t, f.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "o"}))
	_, err := f.ClaimConnection(t.Context(), "a", Noon, "transport close")
	succeed(t, err)
	_, err = f.ClaimSocket(t.Context(), Socket("a"), Noon, "transport close")
	wantErr(t, "a socket of an ending connection", err, store.ErrClaimed)
	for _, step := range []struct {
		namespace string
		last      bool
	}{{"/", false}, {"/other", true}} {
		last, err := f.RemoveSocket(t.Context(), "a", step.namespace, Noon)
		succeed(t, err)
		want(t, step.namespace+" is the last", last, step.last)
	}
	succeed(t, f.RemoveConnection(t.Context(), "a"))
	last, err := f.RemoveSocket(t.Context(), "a", "/", Noon)
	succeed(t, err)
	want(t, "without a connection", last, false)
}

func unfinishedEndingsAreFound(t *testing.T, f *fixture) {
	unfinished := func(after time.Duration) (ids []string) {
		t.Helper()
		all, err := f.Unfinished(t.Context(), Noon.Add(after))
		succeed(t, err)
		for _, c := range all {
			ids = append(ids, c.ID)
		}
		slices.Sort(ids)
		return ids
	}
	for _, id := range []string{"a", "b", "open"} {
		AddSocket(t, f, id, "room")
	}
	want(t, "none", unfinished(time.Hour), nil)
	_, err := f.ClaimConnection(t.Context(), "a", Noon, "transport close")
	succeed(t, err)
	_, err = f.ClaimSocket(t.Context(), Socket("b"), Noon.Add(time.Second), "transport close")
	succeed(t, err)
	_, err = f.ClaimConnection(t.Context(), "unknown", Noon, "transport close")
	wantErr(t, "an unknown connection", err, store.ErrNoConnection)
	want(t, "at noon", unfinished(0), nil)
	want(t, "after noon", unfinished(time.Second), []string{"a"})
	for range 2 {
		want(t, "later", unfinished(2*time.Second), []string{"a", "b"})
	}
	succeed(t, f.RemoveConnection(t.Context(), "a"))
	_, err = f.RemoveSocket(t.Context(), "b", "/", Noon)
	succeed(t, err)
	want(t, "finished", unfinished(time.Hour), nil)
	_, err = f.ClaimConnection(t.Context(), "b", Noon.Add(2*time.Minute), "transport close")
	succeed(t, err)
	want(t, "the end of what stayed", unfinished(3*time.Minute), []string{"b"})
}
