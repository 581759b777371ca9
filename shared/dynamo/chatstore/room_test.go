package chatstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

func TestARoomHasTheMembersThatItWasCreatedWith(t *testing.T) {
	f := newFixture(t)
	r := f.room("r", chat.Private, ada, bob)
	got, err := f.Room(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "room", got, r)
	all, err := f.Members(t.Context(), "r", 10)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "members", all, members(ada, bob))
	for _, u := range []chat.User{ada, bob} {
		ids, err := f.RoomsOf(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "rooms of "+u.Name, ids, []string{"r"})
	}
	_, err = f.Room(t.Context(), "q")
	wantErr(t, "a room that is not", err, chat.ErrNoRoom)
}

func TestARoomIsCreatedOnce(t *testing.T) {
	for what, again := range map[string]chat.Room{
		"with the same id":     {ID: "r", Name: "Another", Kind: chat.Direct, CreatedBy: bob},
		"with the same tempID": {ID: "q", Name: "Another", Kind: chat.Channel, CreatedBy: ada},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			r := chat.Room{ID: "r", Name: "First", Kind: chat.Group, CreatedAt: chat.At(noon), CreatedBy: ada}
			if _, created, err := f.CreateRoom(t.Context(), r, members(ada), "t"); err != nil || !created {
				t.Fatal(created, err)
			}
			stored, created, err := f.CreateRoom(t.Context(), again, members(bob), "t")
			if err != nil {
				t.Fatal(err)
			}
			want(t, "created", created, false)
			want(t, "stored", stored, r)
			all, err := f.Members(t.Context(), "r", 10)
			if err != nil {
				t.Fatal(err)
			}
			want(t, "members", all, members(ada))
			for id, wanted := range map[string][]string{ada.ID: {"r"}, bob.ID: nil} {
				ids, err := f.RoomsOf(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				want(t, "rooms of "+id, ids, wanted)
			}
			open, err := f.OpenRooms(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			want(t, "open rooms", open, nil)
		})
	}
}

func TestATempIDOfARoomBelongsToItsCreator(t *testing.T) {
	f := newFixture(t)
	for i, creator := range []chat.User{ada, bob} {
		r := chat.Room{ID: fmt.Sprint("r", i), Kind: chat.Group, CreatedAt: chat.At(noon), CreatedBy: creator}
		if _, created, err := f.CreateRoom(t.Context(), r, members(creator), "t"); err != nil || !created {
			t.Errorf("%s: %v, %v", creator.Name, created, err)
		}
	}
}

func TestMembersComeAndGo(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	steps := []struct {
		what    string
		do      func() (bool, error)
		changed bool
		members []chat.Member
	}{
		{"join", func() (bool, error) { return f.AddMember(t.Context(), "r", members(bob)[0]) }, true, members(ada, bob)},
		{"join again", func() (bool, error) { return f.AddMember(t.Context(), "r", members(bob)[0]) }, false, members(ada, bob)},
		{"leave", func() (bool, error) { return f.RemoveMember(t.Context(), "r", bob.ID) }, true, members(ada)},
		{"leave again", func() (bool, error) { return f.RemoveMember(t.Context(), "r", bob.ID) }, false, members(ada)},
	}
	for _, s := range steps {
		changed, err := s.do()
		if err != nil {
			t.Fatal(err)
		}
		want(t, s.what, changed, s.changed)
		all, err := f.Members(t.Context(), "r", 10)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "members after "+s.what, all, s.members)
		is, err := f.IsMember(t.Context(), "r", bob.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "is a member after "+s.what, is, len(s.members) == 2)
		ids, err := f.RoomsOf(t.Context(), bob.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "has the room after "+s.what, len(ids) == 1, len(s.members) == 2)
	}
}

func TestRoomsHaveTheirHeads(t *testing.T) {
	f := newFixture(t)
	f.client.pages = 2
	var ids []string
	var wanted []chat.Room
	for i := range 5 {
		r := f.room(fmt.Sprint("r", i), chat.Group, ada)
		for k := range i {
			f.mustSend(r.ID, ada, fmt.Sprint(k))
		}
		r.Head = int64(i)
		ids, wanted = append(ids, r.ID), append(wanted, r)
	}
	rooms, err := f.Rooms(t.Context(), append(ids, "unknown"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rooms, func(a, b chat.Room) int { return strings.Compare(a.ID, b.ID) })
	want(t, "rooms", rooms, wanted)
}

func TestOpenRoomsAreTheNewestChannels(t *testing.T) {
	f := newFixture(t)
	f.client.pages = 2
	var newest []chat.Room
	for i := range 6 {
		r := chat.Room{
			ID: fmt.Sprint("c", 9-i), Name: "Channel", Kind: chat.Channel,
			CreatedAt: chat.At(noon.Add(time.Duration(i) * time.Minute)), CreatedBy: ada,
		}
		if _, _, err := f.CreateRoom(t.Context(), r, members(ada), ""); err != nil {
			t.Fatal(err)
		}
		newest = slices.Insert(newest, 0, r)
	}
	for _, kind := range []chat.Kind{chat.Group, chat.Private, chat.Direct} {
		f.room("r-"+string(kind), kind, ada)
	}
	for _, limit := range []int{5, 6, 100} {
		open, err := f.OpenRooms(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprint("the newest ", limit), open, newest[:min(limit, 6)])
	}
}

func TestListsGoOnThroughEveryPage(t *testing.T) {
	f := newFixture(t)
	f.client.pages = 2
	var users []chat.User
	var rooms []string
	for i := range 7 {
		users = append(users, chat.User{ID: fmt.Sprint("u_", i), Name: "Somebody"})
		rooms = append(rooms, f.room(fmt.Sprint("r", i), chat.Group, bob).ID)
	}
	f.room("r", chat.Group, users...)
	for _, limit := range []int{3, 7, 50} {
		all, err := f.Members(t.Context(), "r", limit)
		if err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprint(limit, " members"), all, members(users[:min(limit, 7)]...))
	}
	ids, err := f.RoomsOf(t.Context(), bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "rooms of Bob", ids, rooms)
}
