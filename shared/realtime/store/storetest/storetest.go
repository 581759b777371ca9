// Package storetest checks what every store.Store must do. The tests of an implementation
// call [Run]; what only that implementation has, such as the calls that it makes, it tests
// itself. Each role of the port has its tests in the file of its name.
package storetest

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// Noon is the time at which the clock of every test starts.
var Noon = time.UnixMilli(time.Now().UnixMilli())

// Run runs the suite. newStore returns an empty store that tells by now what has expired.
func Run(t *testing.T, newStore func(t *testing.T, now func() time.Time) store.Store) {
	for _, role := range []struct {
		name  string
		tests []test
	}{
		{"ConnectionStore", connectionTests},
		{"SocketStore", socketTests},
		{"RoomStore", roomTests},
		{"EndingStore", endingTests},
		{"SlotStore", slotTests},
		{"AckStore", ackTests},
		{"SessionStore", sessionTests},
		{"LogStore", logTests},
		{"OnceStore", onceTests},
		{"CountStore", countTests},
		{"FragmentStore", fragmentTests},
	} {
		t.Run(role.name, func(t *testing.T) {
			for _, test := range role.tests {
				t.Run(test.name, func(t *testing.T) {
					f := &fixture{}
					f.Store = newStore(t, f.now)
					test.run(t, f)
				})
			}
		})
	}
}

type test struct {
	name string
	run  func(t *testing.T, f *fixture)
}

// fixture is the store under test and its clock.
type fixture struct {
	store.Store
	elapsed atomic.Int64
}

func (f *fixture) now() time.Time          { return Noon.Add(time.Duration(f.elapsed.Load())) }
func (f *fixture) advance(d time.Duration) { f.elapsed.Add(int64(d)) }

// put stores a connection without sockets.
func (f *fixture) put(t *testing.T, id string) store.Connection {
	t.Helper()
	c := newConnection(id)
	succeed(t, f.PutConnection(t.Context(), c))
	return c
}

// touch records a message of a connection.
func (f *fixture) touch(t *testing.T, id string, at time.Time) store.Connection {
	t.Helper()
	c, err := f.Touch(t.Context(), id, store.Touch{Now: at, Window: time.Minute})
	succeed(t, err)
	return c
}

// connection returns a connection that must be there.
func (f *fixture) connection(t *testing.T, id string) store.Connection {
	t.Helper()
	got, err := f.Connections(t.Context(), []string{id})
	if err != nil || len(got) != 1 {
		t.Fatalf("connection %s: got %+v, %v", id, got, err)
	}
	return got[0]
}

// session returns a session that must be there, with its rooms sorted.
func (f *fixture) session(t *testing.T, pid string) store.Session {
	t.Helper()
	s, err := f.Session(t.Context(), pid)
	succeed(t, err)
	slices.Sort(s.State.Rooms)
	return s
}

func newConnection(id string) store.Connection {
	return store.Connection{
		ID:       id,
		EngineID: "engine-" + id,
		Handshake: store.Handshake{
			Headers: map[string]string{"host": "example.com"},
			Query:   map[string]string{"EIO": "4"},
			Address: "192.0.2.1",
			URL:     "/?EIO=4",
			Secure:  true,
			Issued:  Noon.UTC(),
		},
		ConnectedAt: Noon,
		SeenAt:      Noon,
		Expires:     Noon.Add(2 * time.Hour).Truncate(time.Second),
		Sockets:     map[string]store.SocketState{},
	}
}

// Socket names the socket that [AddSocket] adds to a connection.
func Socket(connectionID string) store.SocketRef {
	return store.SocketRef{ConnectionID: connectionID, Namespace: "/", SocketID: "sid-" + connectionID}
}

// AddSocket stores a connection with one socket in "/", which is in the given rooms.
func AddSocket(t *testing.T, s store.Store, connectionID string, rooms ...string) store.Connection {
	t.Helper()
	c := newConnection(connectionID)
	succeed(t, s.PutConnection(t.Context(), c))
	state := store.SocketState{ID: Socket(connectionID).SocketID, Rooms: rooms}
	succeed(t, s.AddSocket(t.Context(), c, "/", state))
	c.Sockets["/"] = state
	return c
}

// WantMembers compares the connections of a room's members, sorted, with those given.
func WantMembers(t *testing.T, s store.Store, namespace, room string, connectionIDs ...string) {
	t.Helper()
	members, err := s.Members(t.Context(), namespace, room)
	succeed(t, err)
	var got []string
	for _, m := range members {
		got = append(got, m.ConnectionID)
	}
	slices.Sort(got)
	if !slices.Equal(got, connectionIDs) {
		t.Errorf("members of %q in %s: got %.200q, want %.200q", room, namespace, got, connectionIDs)
	}
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// together runs f several times at once.
func together(times int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range times {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
