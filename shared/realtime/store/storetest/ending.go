package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
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
	{"AClaimOnASocketPassesOnAlthoughItsConnectionEnds", socketClaimOutlivesConnection},
	{"TheLastSocketOfAnEndingConnectionIsKnown", lastSocketIsKnown},
	{"WhatIsEndingTakesNoMessageAndNoRoom", whatIsEndingTakesNothing},
	{"UnfinishedEndingsAreFound", unfinishedEndingsAreFound},
	{"EndingsThatWereNotedAndNotClaimedAreFound", endingsThatWereNotClaimedAreFound},
	{"ConnectionsWithoutASocketAreFound", connectionsWithoutSocketAreFound},
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

func socketClaimOutlivesConnection(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	succeed(t, f.NoteEnding(t.Context(), Socket("a"), Noon, "client namespace disconnect"))
	_, err := f.ClaimSocket(t.Context(), Socket("a"), Noon, "client namespace disconnect")
	succeed(t, err)
	f.ends(t, "a", 55*time.Second)
	_, err = f.ClaimConnection(t.Context(), "a", Noon.Add(55*time.Second), "transport close")
	succeed(t, err)
	want(t, "unfinished", f.unfinished(t, time.Second), []string{"a"})
	_, err = f.ClaimSocket(t.Context(), Socket("a"), Noon.Add(56*time.Second), "client namespace disconnect")
	wantErr(t, "within the lease", err, store.ErrClaimed)
	_, err = f.ClaimSocket(t.Context(), Socket("a"), Noon.Add(61*time.Second), "client namespace disconnect")
	wantErr(t, "after it", err, nil)
	last, err := f.RemoveSocket(t.Context(), "a", "/", Noon)
	succeed(t, err)
	want(t, "last", last, true)
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

func whatIsEndingTakesNothing(t *testing.T, f *fixture) {
	var many []string
	for i := range 2 * store.RecordRooms {
		many = append(many, fmt.Sprintf("room %02d", i))
	}
	claims := map[string]func(id string, at time.Time) (store.Connection, error){
		"the socket": func(id string, at time.Time) (store.Connection, error) {
			return f.ClaimSocket(t.Context(), Socket(id), at, "transport close")
		},
		"the connection": func(id string, at time.Time) (store.Connection, error) {
			return f.ClaimConnection(t.Context(), id, at, "transport close")
		},
	}
	for what, claim := range claims {
		for _, before := range [][]string{{"room"}, many} {
			id := fmt.Sprint(what, len(before))
			AddSocket(t, f, id, before...)
			_, err := claim(id, Noon)
			succeed(t, err)
			_, err = f.Touch(t.Context(), id, store.Touch{Now: Noon, Window: time.Minute})
			if what == "the connection" {
				wantErr(t, "a message", err, store.ErrNoConnection)
			} else {
				succeed(t, err)
			}
			for _, joined := range [][]string{{"x"}, append([]string{"x"}, many...), {before[0]}} {
				wantErr(t, "a join", f.Join(t.Context(), Socket(id), joined, 100), store.ErrNoSocket)
			}
			c, err := claim(id, Noon.Add(2*store.ClaimLease))
			succeed(t, err)
			others, err := f.OtherRooms(t.Context(), []store.SocketRef{Socket(id)})
			succeed(t, err)
			rooms := slices.Concat(c.Sockets["/"].Rooms, others[Socket(id)])
			slices.Sort(rooms)
			want(t, "rooms of a socket that ends with "+what, slices.Compact(rooms), before)
		}
	}
}

// unfinished returns the ids of what is unfinished since some time after noon.
func (f *fixture) unfinished(t *testing.T, after time.Duration) (ids []string) {
	t.Helper()
	for _, c := range f.allUnfinished(t, after) {
		ids = append(ids, c.ID)
	}
	return ids
}

// allUnfinished returns what is unfinished in all parts, in order.
func (f *fixture) allUnfinished(t *testing.T, after time.Duration) (all []store.Connection) {
	t.Helper()
	for part := range store.Parts {
		succeed(t, f.Unfinished(t.Context(), part, Noon.Add(after), func(page []store.Connection, _ bool) error {
			all = append(all, page...)
			return nil
		}))
	}
	slices.SortFunc(all, func(a, b store.Connection) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// ends notes that a connection ends.
func (f *fixture) ends(t *testing.T, id string, after time.Duration) {
	t.Helper()
	succeed(t, f.NoteEnding(t.Context(), store.SocketRef{ConnectionID: id}, Noon.Add(after), "transport close"))
}

func unfinishedEndingsAreFound(t *testing.T, f *fixture) {
	for _, id := range []string{"a", "b", "open"} {
		AddSocket(t, f, id, "room")
	}
	want(t, "none", f.unfinished(t, time.Hour), nil)
	f.ends(t, "a", 0)
	_, err := f.ClaimConnection(t.Context(), "a", Noon, "transport close")
	succeed(t, err)
	succeed(t, f.NoteEnding(t.Context(), Socket("b"), Noon.Add(time.Second), "transport close"))
	_, err = f.ClaimSocket(t.Context(), Socket("b"), Noon.Add(time.Second), "transport close")
	succeed(t, err)
	f.ends(t, "unknown", 0)
	_, err = f.ClaimConnection(t.Context(), "unknown", Noon, "transport close")
	wantErr(t, "an unknown connection", err, store.ErrNoConnection)
	want(t, "at noon", f.unfinished(t, 0), nil)
	want(t, "after noon", f.unfinished(t, time.Second), []string{"a"})
	for range 2 {
		want(t, "later", f.unfinished(t, 2*time.Second), []string{"a", "b"})
	}
	succeed(t, f.RemoveConnection(t.Context(), "a"))
	_, err = f.RemoveSocket(t.Context(), "b", "/", Noon)
	succeed(t, err)
	want(t, "without a socket", f.unfinished(t, time.Hour), []string{"b"})
	f.ends(t, "b", 2*time.Minute)
	_, err = f.ClaimConnection(t.Context(), "b", Noon.Add(2*time.Minute), "transport close")
	succeed(t, err)
	want(t, "the end of what stayed", f.unfinished(t, 3*time.Minute), []string{"b"})
	succeed(t, f.RemoveConnection(t.Context(), "b"))
	want(t, "finished", f.unfinished(t, time.Hour), nil)
}

func endingsThatWereNotClaimedAreFound(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "whole", "room")
	succeed(t, f.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "o"}))
	AddSocket(t, f, "socket")
	AddSocket(t, f, "successor")
	other := store.SocketRef{ConnectionID: "whole", Namespace: "/other", SocketID: "o"}
	predecessor := Socket("successor")
	predecessor.SocketID = "before"
	f.ends(t, "whole", 0)
	succeed(t, f.NoteEnding(t.Context(), other, Noon.Add(time.Second), "client namespace disconnect"))
	succeed(t, f.NoteEnding(t.Context(), Socket("socket"), Noon, "client namespace disconnect"))
	succeed(t, f.NoteEnding(t.Context(), predecessor, Noon, "client namespace disconnect"))
	all := f.allUnfinished(t, time.Minute)
	if len(all) != 2 || all[0].ID != "socket" || all[1].ID != "whole" {
		t.Fatalf("unfinished: %+v", all)
	}
	socket, whole := all[0], all[1]
	want(t, "its socket ended at", socket.Sockets["/"].EndedAt.UnixMilli(), Noon.UnixMilli())
	want(t, "why", socket.Sockets["/"].Reason, "client namespace disconnect")
	want(t, "it is open", socket.EndedAt.IsZero(), true)
	want(t, "it ended at", whole.EndedAt.UnixMilli(), Noon.UnixMilli())
	want(t, "why", whole.Reason, "transport close")
	want(t, "its other socket", whole.Sockets["/other"].Reason, "client namespace disconnect")
	want(t, "the record", f.connection(t, "whole").EndedAt.IsZero(), true)
	f.ends(t, "whole", 2*time.Minute)
	want(t, "noted again, which does not put it off", f.unfinished(t, time.Minute), []string{"socket", "whole"})
	AddSocket(t, f, "joined later")
	f.ends(t, "joined later", 2*time.Minute)
	want(t, "an ending that has just begun", f.unfinished(t, time.Minute), []string{"socket", "whole"})
	want(t, "and is not forgotten", f.unfinished(t, 3*time.Minute), []string{"joined later", "socket", "whole"})
}

func connectionsWithoutSocketAreFound(t *testing.T, f *fixture) {
	f.put(t, "empty")
	AddSocket(t, f, "joined")
	want(t, "at noon", f.unfinished(t, 0), nil)
	for range 2 {
		want(t, "later", f.unfinished(t, time.Second), []string{"empty"})
	}
	succeed(t, f.AddSocket(t.Context(), newConnection("empty"), "/", store.SocketState{ID: "late"}))
	want(t, "with a socket", f.unfinished(t, time.Second), nil)
}
