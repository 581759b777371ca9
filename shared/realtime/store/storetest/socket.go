package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var socketTests = []test{
	{"ASecondSocketInANamespaceIsRefused", secondSocketIsRefused},
	{"DataIsReplaced", dataIsReplaced},
	{"AnExpiryIsReplacedAndTakenAway", expiryIsReplaced},
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
