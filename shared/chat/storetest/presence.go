package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var presenceTests = []test{
	{"the first socket brings a user online and the last takes them offline", testFirstAndLastSocket},
	{"a socket whose end was lost counts until it expires", testExpiredSocket},
	{"sockets that come and go at once agree on the first and the last", testSocketsAtOnce},
	{"a user has the name of their last coming", testNewName},
	{"presences of many users and of one twice", testManyPresences},
	{"checks are noted until they are forgotten", testChecks},
	{"a user whose last socket went is online until others are told", testTold},
	{"what others are told is not noted if a socket has come or gone since", testToldTooLate},
	{"expired sockets keep nobody online, whatever others were told", testToldAndExpired},
}

func testFirstAndLastSocket(t *testing.T, s *Store) {
	later := Noon.Add(time.Minute)
	presence := func() map[string]chat.Presence { return s.presences(Ada.ID) }
	of := func(p chat.Presence) map[string]chat.Presence { return map[string]chat.Presence{Ada.ID: p} }

	Equal(t, "before Ada comes", presence(), map[string]chat.Presence{})
	Equal(t, "desk comes", s.online("desk"), chat.Transition{Version: 1})
	Equal(t, "phone comes", s.online("phone"), chat.Transition{Others: 1, Version: 2})
	Equal(t, "both", presence(), of(chat.Presence{Name: "Ada", Online: true, Version: 2, Sockets: []string{"desk", "phone"}}))
	Equal(t, "desk goes", s.offline("desk", Noon), chat.Transition{Others: 1, Version: 3, LastSeen: chat.At(Noon)})
	Equal(t, "desk goes again", s.offline("desk", Noon), chat.Transition{Others: 1, Version: 3, LastSeen: chat.At(Noon)})
	Equal(t, "phone alone", presence(), of(chat.Presence{Name: "Ada", Online: true, Version: 3, Sockets: []string{"phone"}}))
	Equal(t, "phone goes", s.offline("phone", later), chat.Transition{Version: 4, LastSeen: chat.At(later)})
	Equal(t, "none left", presence(), of(chat.Presence{Name: "Ada", Version: 4, LastSeen: chat.At(later)}))
	// The first to end the socket may have died before telling anyone.
	Equal(t, "phone goes again", s.offline("phone", later.Add(time.Minute)), chat.Transition{Version: 4, LastSeen: chat.At(later)})
	Equal(t, "as before", presence(), of(chat.Presence{Name: "Ada", Version: 4, LastSeen: chat.At(later)}))
	Equal(t, "desk comes back", s.online("desk-2"), chat.Transition{Version: 5, LastSeen: chat.At(later)})
	Equal(t, "phone goes too late", s.offline("phone", later), chat.Transition{Others: 1, Version: 5, LastSeen: chat.At(later)})
	Equal(t, "online", presence(), of(chat.Presence{Name: "Ada", Online: true, Version: 5, Sockets: []string{"desk-2"}}))
	Equal(t, "a socket of an unknown user", must(s.Offline(t.Context(), Bob.ID, "s", Noon))(t), chat.Transition{})
	Equal(t, "the unknown user", s.presences(Bob.ID), map[string]chat.Presence{})
}

func testExpiredSocket(t *testing.T, s *Store) {
	s.online("lost")
	for after, online := range map[time.Duration]bool{59 * time.Minute: true, time.Hour: false} {
		found := must(s.Presences(t.Context(), []string{Ada.ID}, Noon.Add(after)))(t)
		Equal(t, fmt.Sprint("online after ", after), found[Ada.ID].Online, online)
	}
	next := must(s.Online(t.Context(), Ada, "new", Noon.Add(2*time.Hour), Noon.Add(3*time.Hour)))(t)
	Equal(t, "the next to come", next, chat.Transition{Version: 2})
}

func testNewName(t *testing.T, s *Store) {
	s.online("desk")
	married := chat.User{ID: Ada.ID, Name: "Ada Lovelace"}
	must(s.Online(t.Context(), married, "phone", Noon, Noon.Add(time.Hour)))(t)
	Equal(t, "name", s.presences(Ada.ID)[Ada.ID].Name, "Ada Lovelace")
}

func testSocketsAtOnce(t *testing.T, s *Store) {
	const n = 12
	// alone counts the transitions with no other socket.
	alone := func(transition func(socket string) (chat.Transition, error)) int64 {
		var count atomic.Int64
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				tr, err := transition(fmt.Sprint(i))
				if err != nil {
					t.Error(err)
				}
				if tr.Others == 0 {
					count.Add(1)
				}
			})
		}
		wg.Wait()
		return count.Load()
	}
	Equal(t, "brought online", alone(func(socket string) (chat.Transition, error) {
		return s.Online(t.Context(), Ada, socket, Noon, Noon.Add(time.Hour))
	}), 1)
	Equal(t, "took offline", alone(func(socket string) (chat.Transition, error) {
		return s.Offline(t.Context(), Ada.ID, socket, Noon)
	}), 1)
	Equal(t, "presence", s.presences(Ada.ID), map[string]chat.Presence{Ada.ID: {Name: "Ada", Version: 2 * n, LastSeen: chat.At(Noon)}})
}

func testManyPresences(t *testing.T, s *Store) {
	want := map[string]chat.Presence{}
	ids := []string{"u_unknown"}
	for i := range 9 {
		u := chat.User{ID: fmt.Sprint("u_", i), Name: fmt.Sprint("Number ", i)}
		must(s.Online(t.Context(), u, "s", Noon, Noon.Add(time.Hour)))(t)
		ids = append(ids, u.ID, u.ID)
		want[u.ID] = chat.Presence{Name: u.Name, Online: true, Version: 1, Sockets: []string{"s"}}
	}
	Equal(t, "presences", s.presences(ids...), want)
	Equal(t, "of no users", s.presences(), map[string]chat.Presence{})
}

func testChecks(t *testing.T, s *Store) {
	checks := func(before time.Duration) []chat.Check {
		t.Helper()
		return must(s.Checks(t.Context(), Noon.Add(before)))(t)
	}
	Equal(t, "none", checks(time.Hour), nil)
	desk := chat.Check{User: Ada, ConnectionID: "a", SocketID: "1", Due: Noon}
	phone := chat.Check{User: Ada, ConnectionID: "a", SocketID: "2", Due: Noon.Add(time.Second), Lost: true}
	again := chat.Check{User: Ada, ConnectionID: "a", SocketID: "1", Due: Noon.Add(2 * time.Second), Lost: true}
	for _, c := range []chat.Check{phone, desk, again, desk} {
		must(true, s.NoteCheck(t.Context(), c))(t)
	}
	Equal(t, "until noon", checks(0), nil)
	Equal(t, "until a second past noon", checks(time.Second), []chat.Check{desk})
	Equal(t, "all", checks(time.Minute), []chat.Check{desk, phone, again})
	must(true, s.ForgetChecks(t.Context(), []chat.Check{desk}))(t)
	Equal(t, "the others", checks(time.Minute), []chat.Check{phone, again})
	must(true, s.ForgetChecks(t.Context(), nil))(t)
}

func testTold(t *testing.T, s *Store) {
	presence := func() chat.Presence { return s.presences(Ada.ID)[Ada.ID] }
	s.online("desk")
	Equal(t, "told online", s.told(1, true), true)
	told := chat.Presence{Name: "Ada", Online: true, Version: 1, Told: true}
	with := told
	with.Sockets = []string{"desk"}
	Equal(t, "online", presence(), with)
	Equal(t, "desk goes", s.offline("desk", Noon), chat.Transition{Version: 2, Told: true, LastSeen: chat.At(Noon)})
	Equal(t, "perhaps gone: as before", presence(), told)
	gone := must(s.Presences(t.Context(), []string{Ada.ID}, Noon))(t)[Ada.ID]
	Equal(t, "how that came", gone.Last, chat.Transition{Version: 2, Told: true, LastSeen: chat.At(Noon)})
	Equal(t, "phone comes", s.online("phone"), chat.Transition{Version: 3, Told: true, LastSeen: chat.At(Noon)})
	Equal(t, "phone goes", s.offline("phone", Noon), chat.Transition{Version: 4, Told: true, LastSeen: chat.At(Noon)})
	Equal(t, "told offline", s.told(4, false), true)
	Equal(t, "told offline again", s.told(4, false), true)
	Equal(t, "offline", presence(), chat.Presence{Name: "Ada", Version: 4, LastSeen: chat.At(Noon)})
	Equal(t, "desk comes back", s.online("desk"), chat.Transition{Version: 5, LastSeen: chat.At(Noon)})
}

func testToldTooLate(t *testing.T, s *Store) {
	Equal(t, "of an unknown user", s.told(1, true), false)
	s.online("desk")
	s.offline("desk", Noon)
	Equal(t, "online, when they have gone", s.told(1, true), false)
	s.online("phone")
	Equal(t, "offline, when they have come", s.told(2, false), false)
	Equal(t, "online", s.presences(Ada.ID)[Ada.ID], chat.Presence{Name: "Ada", Online: true, Version: 3, Sockets: []string{"phone"}})
}

func testToldAndExpired(t *testing.T, s *Store) {
	s.online("lost")
	s.told(1, true)
	found := must(s.Presences(t.Context(), []string{Ada.ID}, Noon.Add(2*time.Hour)))(t)
	Equal(t, "presence", withoutLast(found)[Ada.ID], chat.Presence{Name: "Ada", Version: 1, Sockets: []string{"lost"}})
	next := must(s.Online(t.Context(), Ada, "new", Noon.Add(2*time.Hour), Noon.Add(3*time.Hour)))(t)
	Equal(t, "the next to come", next, chat.Transition{Version: 2})
}

// told notes what others are told of Ada.
func (s *Store) told(version int64, online bool) (current bool) {
	s.t.Helper()
	return must(s.SetTold(s.t.Context(), Ada.ID, version, online))(s.t)
}

// online brings a socket of Ada's online for an hour.
func (s *Store) online(socket string) chat.Transition {
	s.t.Helper()
	return must(s.Online(s.t.Context(), Ada, socket, Noon, Noon.Add(time.Hour)))(s.t)
}

// offline takes a socket of Ada's offline.
func (s *Store) offline(socket string, at time.Time) chat.Transition {
	s.t.Helper()
	return must(s.Offline(s.t.Context(), Ada.ID, socket, at))(s.t)
}

func (s *Store) presences(ids ...string) map[string]chat.Presence {
	s.t.Helper()
	return withoutLast(must(s.Presences(s.t.Context(), ids, Noon))(s.t))
}

// withoutLast leaves out how presences came about.
func withoutLast(all map[string]chat.Presence) map[string]chat.Presence {
	for id, p := range all {
		p.Last = chat.Transition{}
		all[id] = p
	}
	return all
}
