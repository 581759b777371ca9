package chatstore_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

func TestTheFirstSocketBringsOnlineAndTheLastOffline(t *testing.T) {
	f := newFixture(t)
	online := func(socket string) chat.Transition {
		tr, err := f.Online(t.Context(), ada, socket, noon, noon.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	offline := func(socket string, at time.Time) chat.Transition {
		tr, err := f.Offline(t.Context(), ada.ID, socket, at)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	later := noon.Add(time.Minute)

	want(t, "nobody knows Ada", f.presences(ada.ID), map[string]chat.Presence{})
	want(t, "desk comes", online("desk"), chat.Transition{Version: 1})
	want(t, "phone comes", online("phone"), chat.Transition{Others: 1, Version: 2})
	want(t, "both", f.presences(ada.ID), map[string]chat.Presence{ada.ID: {Name: "Ada", Online: true, Version: 2}})
	want(t, "desk goes", offline("desk", noon), chat.Transition{Others: 1, Version: 3})
	want(t, "desk goes again", offline("desk", noon), chat.Transition{Others: 1, Version: 3})
	want(t, "phone alone", f.presences(ada.ID), map[string]chat.Presence{ada.ID: {Name: "Ada", Online: true, Version: 3}})
	want(t, "phone goes", offline("phone", later), chat.Transition{Version: 4})
	want(t, "nobody", f.presences(ada.ID), map[string]chat.Presence{ada.ID: {Name: "Ada", Version: 4, LastSeen: chat.At(later)}})
	// Whoever ran the ending may have died before they told anybody.
	want(t, "phone goes again", offline("phone", later.Add(time.Minute)), chat.Transition{Version: 4})
	want(t, "as before", f.presences(ada.ID), map[string]chat.Presence{ada.ID: {Name: "Ada", Version: 4, LastSeen: chat.At(later)}})
	want(t, "desk comes back", online("desk-2"), chat.Transition{Version: 5})
	want(t, "phone goes too late", offline("phone", later), chat.Transition{Others: 1, Version: 5})
	want(t, "online", f.presences(ada.ID), map[string]chat.Presence{ada.ID: {Name: "Ada", Online: true, Version: 5}})
	want(t, "a socket of nobody", f.mustOffline(bob.ID), chat.Transition{})
	want(t, "nobody knows Bob", f.presences(bob.ID), map[string]chat.Presence{})
}

func TestASocketWhoseEndNobodyHeardCountsUntilItExpires(t *testing.T) {
	f := newFixture(t)
	if _, err := f.Online(t.Context(), ada, "lost", noon, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for after, online := range map[time.Duration]bool{59 * time.Minute: true, time.Hour: false} {
		now := noon.Add(after)
		found, err := f.Presences(t.Context(), []string{ada.ID}, now)
		if err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprint("online after ", after), found[ada.ID].Online, online)
	}
	tr, err := f.Online(t.Context(), ada, "new", noon.Add(2*time.Hour), noon.Add(3*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "the next to come", tr, chat.Transition{Version: 2})
}

func TestSocketsThatComeAndGoAtOnceAgreeOnTheFirstAndTheLast(t *testing.T) {
	f := newFixture(t)
	const n = 12
	var first, last atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			tr, err := f.Online(t.Context(), ada, fmt.Sprint(i), noon, noon.Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			if tr.Others == 0 {
				first.Add(1)
			}
		})
	}
	wg.Wait()
	for i := range n {
		wg.Go(func() {
			tr, err := f.Offline(t.Context(), ada.ID, fmt.Sprint(i), noon)
			if err != nil {
				t.Error(err)
			}
			if tr.Others == 0 {
				last.Add(1)
			}
		})
	}
	wg.Wait()
	want(t, "brought online", first.Load(), 1)
	want(t, "took offline", last.Load(), 1)
	want(t, "presence", f.presences(ada.ID), map[string]chat.Presence{ada.ID: {Name: "Ada", Version: 2 * n, LastSeen: chat.At(noon)}})
}

func TestPresencesOfManyAndOfTheSameTwice(t *testing.T) {
	f := newFixture(t)
	f.client.pages = 4
	wanted := map[string]chat.Presence{}
	ids := []string{"u_unknown"}
	for i := range 9 {
		u := chat.User{ID: fmt.Sprint("u_", i), Name: fmt.Sprint("Number ", i)}
		if _, err := f.Online(t.Context(), u, "s", noon, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID, u.ID)
		wanted[u.ID] = chat.Presence{Name: u.Name, Online: true, Version: 1}
	}
	want(t, "presences", f.presences(ids...), wanted)
	want(t, "of nobody", f.presences(), map[string]chat.Presence{})
}

func (f *fixture) presences(ids ...string) map[string]chat.Presence {
	f.t.Helper()
	found, err := f.Presences(f.t.Context(), ids, noon)
	if err != nil {
		f.t.Fatal(err)
	}
	return found
}

func (f *fixture) mustOffline(userID string) chat.Transition {
	f.t.Helper()
	tr, err := f.Offline(f.t.Context(), userID, "s", noon)
	if err != nil {
		f.t.Fatal(err)
	}
	return tr
}
