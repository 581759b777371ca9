package realtimestore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// The clock of these tests stands still where it matters.
var noon = time.UnixMilli(time.Now().UnixMilli())

func connection(id string) store.Connection {
	return store.Connection{
		ID:       id,
		EngineID: "engine-" + id,
		Handshake: store.Handshake{
			Headers: map[string]string{"host": "example.com"},
			Query:   map[string]string{"EIO": "4"},
			Address: "192.0.2.1",
			URL:     "/?EIO=4",
			Secure:  true,
			Issued:  noon.UTC(),
		},
		ConnectedAt: noon,
		SeenAt:      noon,
		Expires:     noon.Add(2 * time.Hour).Truncate(time.Second),
		Sockets:     map[string]store.SocketState{},
	}
}

// put stores a connection with a socket in "/".
func put(t *testing.T, s *realtimestore.Store, id string, rooms ...string) store.Connection {
	t.Helper()
	c := connection(id)
	if err := s.PutConnection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	state := store.SocketState{ID: "sid-" + id, Rooms: rooms}
	if err := s.AddSocket(t.Context(), c, "/", state); err != nil {
		t.Fatal(err)
	}
	c.Sockets["/"] = state
	return c
}

func memberIDs(t *testing.T, s *realtimestore.Store, namespace, room string) []string {
	t.Helper()
	members, err := s.Members(t.Context(), namespace, room)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, m := range members {
		ids = append(ids, m.ConnectionID)
	}
	slices.Sort(ids)
	return ids
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

func TestTouchReturnsTheConnectionAsItWasStored(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	c := connection("a")
	if err := s.PutConnection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	state := store.SocketState{ID: "sid", Rooms: []string{"one", "two"}, Data: json.RawMessage(`{"a":1}`)}
	if err := s.AddSocket(t.Context(), c, "/chat", state); err != nil {
		t.Fatal(err)
	}
	got, err := s.Touch(t.Context(), "a", store.Touch{Now: noon.Add(time.Second), Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.Sockets["/chat"].Rooms)
	c.Sockets["/chat"] = state
	c.SeenAt = noon.Add(time.Second)
	c.Recent = 1
	want(t, "connection", got, c)
}

func TestAConnectionNeverStoresTheTokenOfItsHandshake(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	c := connection("a")
	c.Handshake.Auth = json.RawMessage(`{"token":"secret"}`)
	if err := s.PutConnection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got, err := s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "auth", got.Handshake.Auth, nil)
}

func TestTouchCountsTheMessagesOfARateWindow(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	window := 10 * time.Second
	start := noon.Truncate(window)
	steps := []struct {
		at     time.Duration
		recent int
	}{
		{1 * time.Second, 1}, {2 * time.Second, 2}, {9 * time.Second, 3},
		{11 * time.Second, 1}, {12 * time.Second, 2},
		{35 * time.Second, 1},
		// Seven windows later the same attribute counts again.
		{105 * time.Second, 1}, {106 * time.Second, 2},
		// And after more than an hour.
		{105*time.Second + 700*time.Second, 1}, {106*time.Second + 700*time.Second, 2},
	}
	for _, step := range steps {
		c, err := s.Touch(t.Context(), "a", store.Touch{Now: start.Add(step.at), Window: window})
		if err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprint("recent at ", step.at), c.Recent, step.recent)
	}
}

func TestTouchNumbersMessagesInTheOrderOfTheirHandling(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	for i := range int64(3) {
		c, err := s.Touch(t.Context(), "a", store.Touch{Now: noon, Window: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "ordinal", c.Ordinal, i)
	}
}

func TestWhatDoesNotLiveHasNoConnection(t *testing.T) {
	var later atomic.Int64
	now := func() time.Time { return noon.Add(time.Duration(later.Load())) }
	s := newStore(t, realtimestore.Options{Now: now})
	put(t, s, "expired", "room")
	put(t, s, "ended")
	if _, err := s.ClaimConnection(t.Context(), "ended", noon, realtime.TransportClose); err != nil {
		t.Fatal(err)
	}
	later.Store(int64(3 * time.Hour))
	for _, id := range []string{"unknown", "expired", "ended"} {
		_, err := s.Touch(t.Context(), id, store.Touch{Now: now(), Window: time.Minute})
		wantErr(t, id, err, store.ErrNoConnection)
	}
	got, err := s.Connections(t.Context(), []string{"unknown", "expired", "ended"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "connections", len(got), 0)
	want(t, "members", memberIDs(t, s, "/", "room"), []string{})
}

func TestASocketIsInTheRoomOfItsIDInItsRoomsAndInEveryone(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a", "room")
	for _, room := range []string{"sid-a", "room", store.Everyone} {
		members, err := s.Members(t.Context(), "/", room)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "members of "+room, members, []store.Member{{ConnectionID: "a", SocketID: "sid-a", Room: room}})
	}
	want(t, "another namespace", memberIDs(t, s, "/other", "room"), []string{})
}

func TestNamesOfNamespacesAndRoomsCannotBeMistakenForEachOther(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	pairs := [][2]string{{"/x", "#y"}, {"/x#", "y"}, {"/x%23", "y"}, {"/x", "%23y"}, {"/x", "y#0"}, {"/x#y", "0"}}
	for i, p := range pairs {
		c := connection(fmt.Sprint(i))
		if err := s.PutConnection(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		state := store.SocketState{ID: fmt.Sprint("sid", i), Rooms: []string{p[1]}}
		if err := s.AddSocket(t.Context(), c, p[0], state); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range pairs {
		want(t, fmt.Sprint(p), memberIDs(t, s, p[0], p[1]), []string{fmt.Sprint(i)})
	}
}

func TestASecondSocketInANamespaceIsRefused(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	c := put(t, s, "a")
	err := s.AddSocket(t.Context(), c, "/", store.SocketState{ID: "other"})
	wantErr(t, "second socket", err, store.ErrSocketExists)
	wantErr(t, "no connection", s.AddSocket(t.Context(), connection("b"), "/", store.SocketState{ID: "x"}), store.ErrNoConnection)
	if err := s.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "other"}); err != nil {
		t.Errorf("another namespace: %v", err)
	}
}

func TestDataIsReplaced(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	for _, data := range []string{`{"a":1}`, `[2]`} {
		if err := s.SetData(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, json.RawMessage(data)); err != nil {
			t.Fatal(err)
		}
		c, err := s.Connections(t.Context(), []string{"a", "a"})
		if err != nil || len(c) != 1 {
			t.Fatal(c, err)
		}
		want(t, "data", string(c[0].Sockets["/"].Data), data)
	}
	wantErr(t, "no socket", s.SetData(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/none", SocketID: "sid-a"}, json.RawMessage(`1`)), store.ErrNoSocket)
}

func TestMembersAreReadThroughEveryPage(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	// More than 1 MB, a page of Query: ids are long here.
	const n = 1500
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%04d%0800d", i, i))
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				c := connection(all[i])
				if err := s.PutConnection(t.Context(), c); err != nil {
					t.Error(err)
					return
				}
				if err := s.AddSocket(t.Context(), c, "/", store.SocketState{ID: fmt.Sprint(i), Rooms: []string{"big"}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(all)
	if got := memberIDs(t, s, "/", "big"); !slices.Equal(got, all) {
		t.Errorf("room: got %d of %d", len(got), n)
	}
	if got := memberIDs(t, s, "/", store.Everyone); !slices.Equal(got, all) {
		t.Errorf("everyone: got %d of %d", len(got), n)
	}
	var visited []string
	for slot := range store.Slots {
		err := s.Slot(t.Context(), slot, func(page []store.Connection) error {
			for _, c := range page {
				visited = append(visited, c.ID)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(visited)
	if !slices.Equal(visited, all) {
		t.Errorf("slots: got %d of %d", len(visited), n)
	}
	got, err := s.Connections(t.Context(), all)
	if err != nil || len(got) != n {
		t.Errorf("connections: got %d of %d, %v", len(got), n, err)
	}
}

func TestOneOfManyMayEndAConnection(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	c := put(t, s, "a", "room")
	var winners atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := s.ClaimConnection(t.Context(), "a", noon, realtime.TransportClose)
			switch {
			case err == nil:
				winners.Add(1)
				if !reflect.DeepEqual(got.Sockets, c.Sockets) {
					t.Errorf("sockets: got %+v", got.Sockets)
				}
			case !errors.Is(err, store.ErrClaimed):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want(t, "winners", winners.Load(), 1)
}

func TestAClaimThatItsHolderDidNotFinishPassesOn(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	put(t, s, "a")
	claim := func(at time.Duration) error {
		_, err := s.ClaimConnection(t.Context(), "a", noon.Add(at), realtime.TransportClose)
		return err
	}
	wantErr(t, "first", claim(0), nil)
	wantErr(t, "within the lease", claim(store.ClaimLease-time.Second), store.ErrClaimed)
	wantErr(t, "after the lease", claim(store.ClaimLease+time.Second), nil)
	wantErr(t, "within the new lease", claim(store.ClaimLease+2*time.Second), store.ErrClaimed)
	if err := s.RemoveConnection(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "removed", claim(0), store.ErrNoConnection)
}

func TestASocketEndsByItself(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	c := put(t, s, "a", "room")
	if err := s.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "o"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.ClaimSocket(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, noon, realtime.ServerNamespaceDisconnect)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "rooms", got.Sockets["/"].Rooms, []string{"room"})
	_, err = s.ClaimSocket(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, noon, realtime.ServerNamespaceDisconnect)
	wantErr(t, "second claim", err, store.ErrClaimed)
	wantErr(t, "join while ending", s.Join(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, []string{"x"}), store.ErrNoSocket)
	for range 2 {
		if err := s.Vacate(t.Context(), "a", map[string]store.SocketState{"/": got.Sockets["/"]}); err != nil {
			t.Fatal(err)
		}
		last, err := s.RemoveSocket(t.Context(), "a", "/", noon.Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		want(t, "last of an ending connection", last, false)
	}
	for _, room := range []string{"sid-a", "room", store.Everyone} {
		want(t, "members of "+room, memberIDs(t, s, "/", room), []string{})
	}
	_, err = s.ClaimSocket(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, noon, realtime.ServerNamespaceDisconnect)
	wantErr(t, "claim without socket", err, store.ErrNoSocket)
	_, err = s.ClaimSocket(t.Context(), store.SocketRef{ConnectionID: "none", Namespace: "/", SocketID: "sid-none"}, noon, realtime.ServerNamespaceDisconnect)
	wantErr(t, "claim without connection", err, store.ErrNoSocket)
	left, err := s.Connections(t.Context(), []string{"a"})
	if err != nil || len(left) != 1 {
		t.Fatal(left, err)
	}
	want(t, "when a socket left", left[0].LeftAt.UnixMilli(), noon.Add(time.Second).UnixMilli())
	want(t, "the other namespace", memberIDs(t, s, "/other", store.Everyone), []string{"a"})
	if err := s.AddSocket(t.Context(), c, "/", store.SocketState{ID: "again"}); err != nil {
		t.Errorf("connect again: %v", err)
	}
	// Its successor in the namespace is another socket.
	_, err = s.ClaimSocket(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, noon, realtime.ServerNamespaceDisconnect)
	wantErr(t, "claim of the predecessor", err, store.ErrNoSocket)
	wantErr(t, "data of the predecessor", s.SetData(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, json.RawMessage(`1`)), store.ErrNoSocket)
	wantErr(t, "expiry of the predecessor", s.SetExpiry(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: "sid-a"}, noon), store.ErrNoSocket)
}

func TestASlotRemembersItsLastPing(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	at, err := s.Pinged(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "never", at, time.Time{})
	if err := s.SetPinged(t.Context(), 3, noon); err != nil {
		t.Fatal(err)
	}
	at, err = s.Pinged(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "pinged", at, noon)
}

func TestTheFirstAnswerOfEachConnectionCounts(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	expires := noon.Add(time.Minute)
	for _, a := range []store.Answer{
		{ConnectionID: "a", Args: json.RawMessage(`[1]`)},
		{ConnectionID: "a", Args: json.RawMessage(`[2]`)},
		{ConnectionID: "b", Args: json.RawMessage(`[3]`)},
	} {
		if err := s.PutAnswer(t.Context(), "/", 7, a, expires); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Answers(t.Context(), "/", 7)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "answers", got, []store.Answer{
		{ConnectionID: "a", Args: json.RawMessage(`[1]`)},
		{ConnectionID: "b", Args: json.RawMessage(`[3]`)},
	})
	got, err = s.Answers(t.Context(), "/other", 7)
	if err != nil || len(got) != 0 {
		t.Errorf("another namespace: %v %v", got, err)
	}
}
