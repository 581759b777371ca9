package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var memberTests = []test{
	{"members come and go", testMembersComeAndGo},
	{"a member who is added again stays as they were", testAddedAgain},
	{"members are listed by id up to the limit", testListsOfMembers},
	{"a member types once in a while, and stops once", testTyping},
	{"an unknown room has no members", testUnknownRoom},
}

func testMembersComeAndGo(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	join := func() (bool, error) { return s.AddMember(t.Context(), "r", Members(Bob)[0], Noon) }
	leave := func() (bool, error) { return s.RemoveMember(t.Context(), "r", Bob, Noon) }
	for _, step := range []struct {
		what    string
		do      func() (bool, error)
		changed bool
		members []chat.Member
	}{
		{"join", join, true, Members(Ada, Bob)},
		{"join again", join, false, Members(Ada, Bob)},
		{"leave", leave, true, Members(Ada)},
		{"leave again", leave, false, Members(Ada)},
	} {
		Equal(t, step.what, must(step.do())(t), step.changed)
		Equal(t, "members after "+step.what, must(s.Members(t.Context(), "r", 10))(t), step.members)
		inRoom := len(step.members) == 2
		Equal(t, "is a member after "+step.what, must(s.IsMember(t.Context(), "r", Bob.ID))(t), inRoom)
		Equal(t, "has the room after "+step.what, len(must(s.RoomsOf(t.Context(), Bob.ID))(t)) == 1, inRoom)
	}
}

func testAddedAgain(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	again := Members(Ada)[0]
	again.Name = "Ada Lovelace"
	Equal(t, "added", must(s.AddMember(t.Context(), "r", again, Noon))(t), false)
	Equal(t, "members", must(s.Members(t.Context(), "r", 10))(t), Members(Ada))
}

func testListsOfMembers(t *testing.T, s *Store) {
	var users []chat.User
	var rooms []string
	for i := range 7 {
		users = append(users, chat.User{ID: fmt.Sprint("u_", i), Name: "Guest"})
		rooms = append(rooms, s.MustCreate(fmt.Sprint("r", i), chat.Group, Bob).ID)
	}
	s.MustCreate("r", chat.Group, users...)
	for _, limit := range []int{3, 7, 50} {
		all := must(s.Members(t.Context(), "r", limit))(t)
		Equal(t, fmt.Sprint(limit, " members"), all, Members(users[:min(limit, 7)]...))
		after := must(s.MembersAfter(t.Context(), "r", users[2].ID, limit))(t)
		Equal(t, fmt.Sprint(limit, " members after the third"), after, Members(users[3:min(3+limit, 7)]...))
	}
	Equal(t, "rooms of Bob", must(s.RoomsOf(t.Context(), Bob.ID))(t), rooms)
}

func testTyping(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	type result struct{ member, news bool }
	do := func(u chat.User, on bool, after time.Duration) result {
		t.Helper()
		member, news, err := s.Type(t.Context(), "r", u.ID, on, Noon.Add(after))
		ErrorIs(t, "type", err, nil)
		return result{member, news}
	}
	Equal(t, "stops before", do(Ada, false, 0), result{true, false})
	Equal(t, "types", do(Ada, true, time.Second), result{true, true})
	Equal(t, "types again", do(Ada, true, 2*time.Second), result{true, false})
	Equal(t, "Bob types", do(Bob, true, 2*time.Second), result{true, true})
	Equal(t, "stops", do(Ada, false, 3*time.Second), result{true, true})
	Equal(t, "stops again", do(Ada, false, 3*time.Second), result{true, false})
	Equal(t, "types too soon", do(Ada, true, 3900*time.Millisecond), result{true, false})
	Equal(t, "types later", do(Ada, true, 4*time.Second), result{true, true})
	Equal(t, "a stranger types", do(chat.User{ID: "u_eve"}, true, 0), result{})
	Equal(t, "a stranger stops", do(chat.User{ID: "u_eve"}, false, 0), result{})
	Equal(t, "members", must(s.Members(t.Context(), "r", 10))(t), Members(Ada, Bob))
	Equal(t, "left", must(s.RemoveMember(t.Context(), "r", Ada, Noon))(t), true)
	Equal(t, "types after leaving", do(Ada, true, time.Minute), result{})
}

func testUnknownRoom(t *testing.T, s *Store) {
	Equal(t, "members", must(s.Members(t.Context(), "unknown", 10))(t), nil)
	Equal(t, "is a member", must(s.IsMember(t.Context(), "unknown", Ada.ID))(t), false)
	Equal(t, "removed", must(s.RemoveMember(t.Context(), "unknown", Ada, Noon))(t), false)
}
