package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var limitTests = []test{
	{"the rooms of a user are bounded, whoever adds them", testMaxRooms},
	{"the rooms that a user makes on a day are bounded", testMaxRoomsMade},
	{"the people whom a user invites on a day are bounded", testMaxInvited},
}

// create creates a private room.
func (s *Store) create(id string, at time.Time, creator chat.User, members []chat.Member, invited ...string) error {
	r := chat.Room{ID: id, Kind: chat.Private, CreatedAt: chat.At(at), CreatedBy: creator}
	_, _, err := s.CreateRoom(s.t.Context(), r, members, invited, id)
	return err
}

// wantNoRoom fails unless a room was not made at all.
func (s *Store) wantNoRoom(id string) {
	s.t.Helper()
	_, err := s.Room(s.t.Context(), id)
	ErrorIs(s.t, "room "+id, err, chat.ErrNoRoom)
	Equal(s.t, "members of "+id, must(s.Members(s.t.Context(), id, 10))(s.t), nil)
}

func testMaxRooms(t *testing.T, s *Store) {
	for i := range chat.MaxRooms {
		friend := chat.User{ID: fmt.Sprint("u_", i), Name: "Friend"}
		must(true, s.create(fmt.Sprint("r", i), Noon, friend, Members(friend, Bob)))(t)
	}
	s.MustCreate("one more", chat.Group, Ada)
	join := func() error {
		_, err := s.AddMember(t.Context(), "one more", Members(Bob)[0], Noon)
		return err
	}
	must(true, s.create("invited", Noon, Ada, Members(Ada), Bob.ID))(t)
	accept := func() error {
		_, err := s.AcceptInvitation(t.Context(), "invited", Members(Bob)[0], Noon)
		return err
	}
	for what, err := range map[string]error{
		"join": join(), "accept": accept(),
		"make": s.create("bobs", Noon, Bob, Members(Bob)),
		"add":  s.create("adas", Noon, Ada, Members(Ada, Bob)),
	} {
		ErrorIs(t, what, err, chat.ErrTooManyRooms)
	}
	s.wantNoRoom("bobs")
	s.wantNoRoom("adas")
	Equal(t, "rooms", len(must(s.RoomsOf(t.Context(), Bob.ID))(t)), chat.MaxRooms)
	must(s.RemoveMember(t.Context(), "r7", Bob, Noon))(t)
	must(s.RemoveMember(t.Context(), "r7", Bob, Noon))(t)
	must(true, accept())(t)
	ErrorIs(t, "join", join(), chat.ErrTooManyRooms)
}

func testMaxRoomsMade(t *testing.T, s *Store) {
	day := time.Date(2030, 5, 17, 0, 0, 0, 0, time.UTC)
	for i := range chat.MaxRoomsMade {
		id := fmt.Sprint("r", i)
		must(true, s.create(id, day, Ada, Members(Ada)))(t)
		must(s.RemoveMember(t.Context(), id, Ada, day))(t) // which makes no place for another
	}
	end := day.Add(24*time.Hour - time.Millisecond)
	ErrorIs(t, "one more", s.create("more", end, Ada, Members(Ada)), chat.ErrTooManyMade)
	s.wantNoRoom("more")
	must(true, s.create("r0", end, Ada, Members(Ada)))(t) // a repetition
	must(true, s.create("bobs", end, Bob, Members(Bob)))(t)
	must(true, s.create("more", day.Add(24*time.Hour), Ada, Members(Ada)))(t)
}

func testMaxInvited(t *testing.T, s *Store) {
	invite := func(id string, n int) error {
		var invited []string
		for i := range n {
			invited = append(invited, fmt.Sprint("u_", i))
		}
		return s.create(id, Noon, Ada, Members(Ada), invited...)
	}
	const most = 30
	for i := range chat.MaxInvited / most {
		must(true, invite(fmt.Sprint("r", i), most))(t)
	}
	left := chat.MaxInvited % most
	ErrorIs(t, "one more", invite("more", left+1), chat.ErrTooManyMade)
	s.wantNoRoom("more")
	Equal(t, "invited to what was not made", must(s.Invited(t.Context(), "more", Noon))(t), nil)
	must(true, invite("rest", left))(t)
	ErrorIs(t, "one more", invite("more", 1), chat.ErrTooManyMade)
	must(true, invite("alone", 0))(t)
}
