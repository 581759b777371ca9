package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var roomTests = []test{
	{"a room has the members that it was created with", testCreatedMembers},
	{"a room is created once for an id", testOneRoomForAnID},
	{"a room is created once for a tempID", testOneRoomForATempID},
	{"a tempID of a room belongs to its creator", testTempIDsOfCreators},
	{"a tempID of a room is for one content", testTempIDsOfOtherRooms},
	{"a tempID of a room that exists is for one content", testTempIDsOfRoomsThatExist},
	{"of different rooms with one tempID at once, one is created", testOtherRoomsAtOnce},
	{"rooms have the heads of their logs", testHeadsOfRooms},
	{"open rooms are the newest channels", testOpenRooms},
	{"a room keeps its data, and lists for others leave it out", testDataOfARoom},
	{"callers may change what they passed and received", testCopies},
}

func testCreatedMembers(t *testing.T, s *Store) {
	r := s.MustCreate("r", chat.Private, Ada, Bob)
	Equal(t, "room", must(s.Room(t.Context(), "r"))(t), r)
	Equal(t, "members", must(s.Members(t.Context(), "r", 10))(t), Members(Ada, Bob))
	for _, u := range []chat.User{Ada, Bob} {
		Equal(t, "rooms of "+u.Name, must(s.RoomsOf(t.Context(), u.ID))(t), []string{"r"})
	}
	_, err := s.Room(t.Context(), "q")
	ErrorIs(t, "an unknown room", err, chat.ErrNoRoom)
}

func testOneRoomForAnID(t *testing.T, s *Store) {
	testOneRoom(t, s, chat.Room{ID: "r", Name: "Another", Kind: chat.Direct, CreatedBy: Bob})
}

func testOneRoomForATempID(t *testing.T, s *Store) {
	testOneRoom(t, s, chat.Room{ID: "q", Name: "First", Kind: chat.Group, CreatedBy: Ada})
}

func testTempIDsOfOtherRooms(t *testing.T, s *Store) {
	first := chat.Room{ID: "r", Name: "First", Kind: chat.Group, CreatedAt: chat.At(Noon), CreatedBy: Ada}
	if _, created, err := s.CreateRoom(t.Context(), first, Members(Ada, Bob), nil, "t"); err != nil || !created {
		t.Fatal(created, err)
	}
	again := first
	again.ID = "q"
	_, created, err := s.CreateRoom(t.Context(), again, Members(Bob, Ada), nil, "t")
	Equal(t, "the members in another order", []any{created, err}, []any{false, error(nil)})
	for what, change := range map[string]func(*chat.Room, *[]chat.Member){
		"another name":    func(r *chat.Room, _ *[]chat.Member) { r.Name = "Second" },
		"another kind":    func(r *chat.Room, _ *[]chat.Member) { r.Kind = chat.Channel },
		"another member":  func(_ *chat.Room, m *[]chat.Member) { *m = Members(Ada) },
		"the same id too": func(r *chat.Room, _ *[]chat.Member) { r.ID, r.Name = "r", "Second" },
	} {
		r, members := again, Members(Ada, Bob)
		change(&r, &members)
		_, created, err := s.CreateRoom(t.Context(), r, members, nil, "t")
		ErrorIs(t, what, err, chat.ErrConflict)
		Equal(t, what, created, false)
	}
	_, err = s.Room(t.Context(), "q")
	ErrorIs(t, "another room", err, chat.ErrNoRoom)
	Equal(t, "channels", must(s.OpenRooms(t.Context(), chat.Place{}, 10))(t), nil)
}

// A room that was there before is what the tempID stands for from then on.
func testTempIDsOfRoomsThatExist(t *testing.T, s *Store) {
	r := s.MustCreate("d", chat.Direct, Ada, Bob)
	for range 2 {
		stored, created, err := s.CreateRoom(t.Context(), r, Members(Ada, Bob), nil, "t")
		Equal(t, "created", []any{created, err}, []any{false, error(nil)})
		Equal(t, "stored", stored, r)
	}
	_, _, err := s.CreateRoom(t.Context(), chat.Room{ID: "q", Kind: chat.Group, CreatedAt: chat.At(Noon), CreatedBy: Ada}, Members(Ada), nil, "t")
	ErrorIs(t, "another room", err, chat.ErrConflict)
}

func testOtherRoomsAtOnce(t *testing.T, s *Store) {
	const n = 4
	var wg sync.WaitGroup
	var created [n]bool
	var errs [n]error
	for i := range n {
		wg.Go(func() {
			r := chat.Room{ID: fmt.Sprint("r", i), Name: fmt.Sprint(i), Kind: chat.Group, CreatedAt: chat.At(Noon), CreatedBy: Ada}
			_, created[i], errs[i] = s.CreateRoom(t.Context(), r, Members(Ada), nil, "t")
		})
	}
	wg.Wait()
	first := 0
	for i := range n {
		if created[i] {
			first++
		} else {
			ErrorIs(t, fmt.Sprint("room ", i), errs[i], chat.ErrConflict)
		}
	}
	Equal(t, "how many were created", first, 1)
	Equal(t, "rooms", len(must(s.RoomsOf(t.Context(), Ada.ID))(t)), 1)
}

// testOneRoom creates a room of Ada's and then again.
func testOneRoom(t *testing.T, s *Store, again chat.Room) {
	r := chat.Room{ID: "r", Name: "First", Kind: chat.Group, CreatedAt: chat.At(Noon), CreatedBy: Ada}
	if _, created, err := s.CreateRoom(t.Context(), r, Members(Ada), nil, "t"); err != nil || !created {
		t.Fatal(created, err)
	}
	stored, created, err := s.CreateRoom(t.Context(), again, Members(Ada), nil, "t")
	if err != nil {
		t.Fatal(err)
	}
	Equal(t, "created", created, false)
	Equal(t, "stored", stored, r)
	Equal(t, "members", must(s.Members(t.Context(), "r", 10))(t), Members(Ada))
	for id, want := range map[string][]string{Ada.ID: {"r"}, Bob.ID: nil} {
		Equal(t, "rooms of "+id, must(s.RoomsOf(t.Context(), id))(t), want)
	}
	Equal(t, "open rooms", must(s.OpenRooms(t.Context(), chat.Place{}, 10))(t), nil)
}

func testTempIDsOfCreators(t *testing.T, s *Store) {
	for i, creator := range []chat.User{Ada, Bob} {
		r := chat.Room{ID: fmt.Sprint("r", i), Kind: chat.Group, CreatedAt: chat.At(Noon), CreatedBy: creator}
		if _, created, err := s.CreateRoom(t.Context(), r, Members(creator), nil, "t"); err != nil || !created {
			t.Errorf("%s: %v, %v", creator.Name, created, err)
		}
	}
}

func testHeadsOfRooms(t *testing.T, s *Store) {
	var ids []string
	var want []chat.Room
	for i := range 5 {
		r := s.MustCreate(fmt.Sprint("r", i), chat.Group, Ada)
		for k := range i {
			s.MustSend(r.ID, Ada, fmt.Sprint(k))
		}
		r.Head = int64(i)
		ids, want = append(ids, r.ID), append(want, r)
	}
	rooms := must(s.Rooms(t.Context(), append(ids, "unknown")))(t)
	slices.SortFunc(rooms, func(a, b chat.Room) int { return strings.Compare(a.ID, b.ID) })
	Equal(t, "rooms", rooms, want)
	Equal(t, "no rooms", must(s.Rooms(t.Context(), nil))(t), nil)
}

func testDataOfARoom(t *testing.T, s *Store) {
	r := chat.Room{ID: "r", Name: "Room", Kind: chat.Channel, CreatedAt: chat.At(Noon), CreatedBy: Ada, Data: `{"b":1.0,"a":"<"}`}
	must(first(s.CreateRoom(t.Context(), r, Members(Ada), []string{Bob.ID}, "")))(t)
	Equal(t, "room", must(s.Room(t.Context(), "r"))(t), r)
	Equal(t, "rooms", must(s.Rooms(t.Context(), []string{"r"}))(t), []chat.Room{r})
	Equal(t, "open rooms", must(s.OpenRooms(t.Context(), chat.Place{}, 10))(t), []chat.Room{r.WithoutData()})
	Equal(t, "invitation", must(s.StandingOf(t.Context(), Bob.ID, Noon))(t).Invitations[0].Room, r.WithoutData())
}

// first leaves out what CreateRoom tells beside the room.
func first(r chat.Room, _ bool, err error) (chat.Room, error) { return r, err }

func testOpenRooms(t *testing.T, s *Store) {
	var newest []chat.Room
	for i := range 6 {
		r := chat.Room{
			ID: fmt.Sprint("c", 9-i), Name: "Channel", Kind: chat.Channel,
			CreatedAt: chat.At(Noon.Add(time.Duration(i) * time.Minute)), CreatedBy: Ada,
		}
		if _, _, err := s.CreateRoom(t.Context(), r, Members(Ada), nil, ""); err != nil {
			t.Fatal(err)
		}
		newest = slices.Insert(newest, 0, r)
	}
	for _, kind := range []chat.Kind{chat.Group, chat.Private, chat.Direct} {
		s.MustCreate("r-"+string(kind), kind, Ada)
	}
	for _, limit := range []int{5, 6, 100} {
		Equal(t, fmt.Sprint("the newest ", limit), must(s.OpenRooms(t.Context(), chat.Place{}, limit))(t), newest[:min(limit, 6)])
	}
	for i, r := range newest[:5] {
		after := chat.Place{At: r.CreatedAt.Time, ID: r.ID}
		Equal(t, "behind "+r.ID, must(s.OpenRooms(t.Context(), after, 2))(t), newest[i+1:min(i+3, 6)])
	}
	last := chat.Place{At: newest[5].CreatedAt.Time, ID: newest[5].ID}
	Equal(t, "behind the last", must(s.OpenRooms(t.Context(), last, 2))(t), nil)
}

func testCopies(t *testing.T, s *Store) {
	users := []chat.User{Ada, Bob}
	direct := chat.Room{ID: "r", Kind: chat.Direct, CreatedAt: chat.At(Noon), CreatedBy: Ada, Members: users}
	members := Members(users...)
	stored, _, err := s.CreateRoom(t.Context(), direct, members, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := direct
	want.Members = slices.Clone(users)
	users[0].Name, members[0].Name = "changed", "changed"
	stored.Members[1].Name = "changed"
	for range 2 {
		r := must(s.Room(t.Context(), "r"))(t)
		Equal(t, "room", r, want)
		r.Members[0].Name = "changed"
		all := must(s.Members(t.Context(), "r", 10))(t)
		Equal(t, "members", all, Members(Ada, Bob))
		all[0].Name = "changed"
	}
}
