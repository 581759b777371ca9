package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var socketTests = []test{
	{"ASecondSocketInANamespaceIsRefused", secondSocketIsRefused},
	{"DataIsReplaced", dataIsReplaced},
	{"AnExpiryIsReplacedAndTakenAway", expiryIsReplaced},
	{"MembersTellWhenTheirSocketsExpire", membersTellExpiry},
	{"MembersTellUntilWhenTheirSocketsMayWaitForAReply", membersTellAnswering},
	{"AnEndingConnectionTakesNoSocket", endingConnectionTakesNoSocket},
	{"OneOfManySocketsIsAdded", oneOfManySocketsIsAdded},
}

func secondSocketIsRefused(t *testing.T, f *fixture) {
	c := AddSocket(t, f, "a")
	other := store.SocketState{ID: "other"}
	wantErr(t, "second socket", f.AddSocket(t.Context(), c, "/", other), store.ErrSocketExists)
	wantErr(t, "no connection", f.AddSocket(t.Context(), newConnection("b"), "/", other), store.ErrNoConnection)
	wantErr(t, "another namespace", f.AddSocket(t.Context(), c, "/other", other), nil)
}

func dataIsReplaced(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	for _, data := range []string{`{"a":1}`, `[2]`} {
		succeed(t, f.SetData(t.Context(), Socket("a"), json.RawMessage(data)))
		c, err := f.Connections(t.Context(), []string{"a", "a"})
		if err != nil || len(c) != 1 {
			t.Fatal(c, err)
		}
		want(t, "data", string(c[0].Sockets["/"].Data), data)
	}
	elsewhere := Socket("a")
	elsewhere.Namespace = "/none"
	wantErr(t, "no socket", f.SetData(t.Context(), elsewhere, json.RawMessage(`1`)), store.ErrNoSocket)
}

func expiryIsReplaced(t *testing.T, f *fixture) {
	AddSocket(t, f, "a")
	for _, at := range []time.Time{Noon.Add(time.Minute), Noon.Add(time.Hour), {}} {
		succeed(t, f.SetExpiry(t.Context(), Socket("a"), at))
		want(t, "expiry", f.connection(t, "a").Sockets["/"].Expires, at)
	}
	wantErr(t, "no socket", f.SetExpiry(t.Context(), Socket("b"), Noon), store.ErrNoSocket)
}

func membersTellAnswering(t *testing.T, f *fixture) {
	c, until := f.put(t, "a"), Noon.Add(time.Second)
	state := store.SocketState{ID: "sid-a", Rooms: []string{"first"}, Answering: until}
	succeed(t, f.AddSocket(t.Context(), c, "/", state))
	check := func(what string, at time.Time, rooms ...string) {
		t.Helper()
		for _, room := range rooms {
			members, err := f.Members(t.Context(), "/", room)
			succeed(t, err)
			if len(members) != 1 || !members[0].Answering.Equal(at) {
				t.Errorf("%s: %q has %+v, want %v", what, room, members, at)
			}
		}
	}
	succeed(t, f.Join(t.Context(), Socket("a"), []string{"second"}, 10))
	succeed(t, f.Join(t.Context(), Socket("a"), []string{strings.Repeat("long", 20)}, 10))
	check("before", until, store.Everyone, "sid-a", "first", "second", strings.Repeat("long", 20))
	want(t, "the socket, before", f.connection(t, "a").Sockets["/"].Answering, until)
	for range 2 {
		succeed(t, f.Answered(t.Context(), Socket("a")))
		want(t, "the socket", f.connection(t, "a").Sockets["/"].Answering, time.Time{})
	}
	succeed(t, f.Join(t.Context(), Socket("a"), []string{"third"}, 10))
	check("joined later", time.Time{}, "third")
	wantErr(t, "no socket", f.Answered(t.Context(), Socket("b")), store.ErrNoSocket)
}

func membersTellExpiry(t *testing.T, f *fixture) {
	c := f.put(t, "a")
	check := func(what string, at time.Time, rooms ...string) {
		t.Helper()
		for _, room := range rooms {
			members, err := f.Members(t.Context(), "/", room)
			succeed(t, err)
			if len(members) != 1 || !members[0].Expires.Equal(at) {
				t.Errorf("%s, room %q: %v, want one that expires at %v", what, room, members, at)
			}
		}
	}
	first := Noon.Add(time.Minute)
	succeed(t, f.AddSocket(t.Context(), c, "/", store.SocketState{ID: "sid-a", Rooms: []string{"first"}, Expires: first}))
	succeed(t, f.Join(t.Context(), Socket("a"), []string{"second"}, 100))
	check("at first", first, store.Everyone, "sid-a", "first", "second")
	var many []string
	for i := range 2 * store.RecordRooms {
		many = append(many, fmt.Sprint("many ", i))
	}
	succeed(t, f.Join(t.Context(), Socket("a"), many, 100))
	all := append(many, store.Everyone, "sid-a", "first", "second")
	check("in many rooms", first, all...)
	later := Noon.Add(time.Hour)
	succeed(t, f.SetExpiry(t.Context(), Socket("a"), later))
	check("refreshed", later, all...)
	succeed(t, f.Leave(t.Context(), Socket("a"), []string{"first"}))
	succeed(t, f.SetExpiry(t.Context(), Socket("a"), time.Time{}))
	WantMembers(t, f, "/", "first")
	check("without expiry", time.Time{}, "second", store.Everyone)
}

func endingConnectionTakesNoSocket(t *testing.T, f *fixture) {
	c := f.put(t, "a")
	_, err := f.ClaimConnection(t.Context(), "a", Noon, "transport close")
	succeed(t, err)
	wantErr(t, "add", f.AddSocket(t.Context(), c, "/", store.SocketState{ID: "sid-a"}), store.ErrNoConnection)
	WantMembers(t, f, "/", store.Everyone)
}

func oneOfManySocketsIsAdded(t *testing.T, f *fixture) {
	c := f.put(t, "a")
	ids := []string{"one", "two", "three", "four"}
	errs := make([]error, len(ids))
	together(len(ids), func(i int) {
		errs[i] = f.AddSocket(t.Context(), c, "/", store.SocketState{ID: ids[i]})
	})
	added := 0
	for i, err := range errs {
		if err == nil {
			added++
			want(t, "the socket", f.connection(t, "a").Sockets["/"].ID, ids[i])
			WantMembers(t, f, "/", ids[i], "a")
			continue
		}
		wantErr(t, ids[i], err, store.ErrSocketExists)
		WantMembers(t, f, "/", ids[i])
	}
	want(t, "added", added, 1)
	WantMembers(t, f, "/", store.Everyone, "a")
}
