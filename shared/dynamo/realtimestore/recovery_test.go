package realtimestore_test

import (
	"encoding/json"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/realtime/store"
)

func TestASessionIsTakenOnceAndOnlyInItsTime(t *testing.T) {
	var later atomic.Int64
	s := newStore(t, realtimestore.Options{Now: func() time.Time { return noon.Add(time.Duration(later.Load())) }})
	c := connection("a")
	if err := s.PutConnection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := s.AddSocket(t.Context(), c, "/", store.SocketState{ID: "sid", PID: "pid"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Session(t.Context(), "pid")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "living", got, store.Session{Namespace: "/", ConnectionID: "a"})

	ended := store.Session{Namespace: "/", ConnectionID: "a", State: store.SocketState{
		ID: "sid", Rooms: []string{"x", "y"}, Data: json.RawMessage(`1`), EndedAt: noon,
	}}
	if err := s.SaveSession(t.Context(), "pid", ended, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	again := ended
	again.State.Rooms = nil
	if err := s.SaveSession(t.Context(), "pid", again, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	got, err = s.Session(t.Context(), "pid")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.State.Rooms)
	want(t, "ended, as it was saved first", got, ended)
	wantErr(t, "from another connection", s.TakeSession(t.Context(), "pid", "b", "c"), store.ErrNoSession)
	for range 2 { // as the SDK does whose answer was lost
		wantErr(t, "from its own", s.TakeSession(t.Context(), "pid", "a", "b"), nil)
	}
	wantErr(t, "from its own by a third", s.TakeSession(t.Context(), "pid", "a", "c"), store.ErrNoSession)
	taken := ended
	taken.ConnectionID, taken.Taken = "b", true
	if got, err = s.Session(t.Context(), "pid"); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.State.Rooms)
	want(t, "taken", got, taken)

	b := connection("b")
	if err := s.PutConnection(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := s.AddSocket(t.Context(), b, "/", store.SocketState{ID: "sid", PID: "pid"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveSession(t.Context(), "pid", ended, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	got, err = s.Session(t.Context(), "pid")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "recovered by another connection", got, store.Session{Namespace: "/", ConnectionID: "b"})
	ended.ConnectionID = "b"
	if err := s.SaveSession(t.Context(), "pid", ended, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	later.Store(int64(2 * time.Minute))
	_, err = s.Session(t.Context(), "pid")
	wantErr(t, "expired", err, store.ErrNoSession)
}

func TestASessionIsForgottenByItsConnectionAlone(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	c := put(t, s, "a")
	if err := s.AddSocket(t.Context(), c, "/other", store.SocketState{ID: "sid", PID: "pid"}); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "another's", s.ForgetSession(t.Context(), "pid", "b"), nil)
	if _, err := s.Session(t.Context(), "pid"); err != nil {
		t.Errorf("it is gone: %v", err)
	}
	wantErr(t, "a living one is not taken", s.TakeSession(t.Context(), "pid", "a", "b"), store.ErrNoSession)
	for range 2 {
		wantErr(t, "its own", s.ForgetSession(t.Context(), "pid", "a"), nil)
	}
	_, err := s.Session(t.Context(), "pid")
	wantErr(t, "forgotten", err, store.ErrNoSession)
}

func TestARoomsLogIsReadAfterAnOffset(t *testing.T) {
	s := newStore(t, realtimestore.Options{})
	packets := []store.LoggedPacket{
		{Offset: "1", Frames: [][]byte{[]byte("one")}},
		{Offset: "2", Frames: [][]byte{[]byte("two"), []byte("bAQ==")}, Except: []string{"x"}},
		{Offset: "3", Frames: [][]byte{[]byte("three")}},
	}
	for _, p := range packets {
		if err := s.AppendPacket(t.Context(), "/", []string{"room", store.Everyone}, p, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	for room, after := range map[string]int{"room": 1, store.Everyone: 2} {
		got, err := s.Packets(t.Context(), "/", room, packets[after-1].Offset, 10)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "after", got, packets[after:])
	}
	first, err := s.Packets(t.Context(), "/", "room", "0", 2)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "the first two", first, packets[:2])
	got, err := s.Packets(t.Context(), "/other", "room", "0", 10)
	if err != nil || len(got) != 0 {
		t.Errorf("another namespace: %v, %v", got, err)
	}
}
