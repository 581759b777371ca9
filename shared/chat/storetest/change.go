package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var changeTests = []test{
	{"a change of a membership is noted until it is forgotten", testChangeIsNoted},
	{"a new room is noted", testNewRoomIsNoted},
	{"a change that was asked for earlier is refused", testOvertaken},
	{"leaving again is noted and leaves what is to do", testAbsence},
	{"taking a position tells who left", testWhoLeft},
}

func testChangeIsNoted(t *testing.T, s *Store) {
	room := s.MustCreate("r", chat.Group, Ada)
	must(true, s.ForgetChange(t.Context(), chat.Change{RoomID: room.ID, At: Noon}))(t)
	Equal(t, "none", s.changes(), nil)
	later := Noon.Add(time.Second)
	must(s.AddMember(t.Context(), "r", Members(Bob)[0], Noon))(t)
	c := chat.Change{RoomID: "r", User: Bob, At: Noon}
	Equal(t, "joined", s.changes(), []chat.Change{c})
	must(s.AddMember(t.Context(), "r", Members(Bob)[0], later))(t)
	Equal(t, "joined again", s.changes(), []chat.Change{c})
	must(true, s.FinishChange(t.Context(), c))(t)
	c.Finished = true
	Equal(t, "finished", s.changes(), []chat.Change{c})
	must(s.RemoveMember(t.Context(), "r", Bob, later))(t)
	left := chat.Change{RoomID: "r", User: Bob, At: later}
	for what, late := range map[string]func() error{
		"finish the join": func() error { return s.FinishChange(t.Context(), c) },
		"forget the join": func() error { return s.ForgetChange(t.Context(), c) },
	} {
		must(true, late())(t)
		Equal(t, what, s.changes(), []chat.Change{left})
	}
	must(true, s.ForgetChange(t.Context(), left))(t)
	Equal(t, "forgotten", s.changes(), nil)
	_, noted, err := s.ChangeOf(t.Context(), "r", Bob.ID)
	Equal(t, "the change of Bob", must(noted, err)(t), false)
	must(true, s.FinishChange(t.Context(), left))(t)
	must(true, s.ForgetChange(t.Context(), left))(t)
	Equal(t, "still none", s.changes(), nil)
}

func testNewRoomIsNoted(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Private, Ada, Bob)
	Equal(t, "made", s.changes(), []chat.Change{{RoomID: "r", At: Noon}})
	must(true, s.FinishChange(t.Context(), chat.Change{RoomID: "r", At: Noon}))(t)
	Equal(t, "finished", s.changes(), []chat.Change{{RoomID: "r", At: Noon, Finished: true}})
}

func testOvertaken(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	join := func(at time.Time) error { _, err := s.AddMember(t.Context(), "r", Members(Bob)[0], at); return err }
	leave := func(at time.Time) error { _, err := s.RemoveMember(t.Context(), "r", Bob, at); return err }
	must(true, join(Noon))(t)
	must(true, leave(Noon.Add(2*time.Second)))(t)
	ErrorIs(t, "join again, asked for before", join(Noon.Add(time.Second)), chat.ErrOvertaken)
	ErrorIs(t, "join again, asked for at the same time", join(Noon.Add(2*time.Second)), chat.ErrOvertaken)
	Equal(t, "is a member", must(s.IsMember(t.Context(), "r", Bob.ID))(t), false)
	must(true, join(Noon.Add(3*time.Second)))(t)
	ErrorIs(t, "leave again, asked for before", leave(Noon.Add(2*time.Second)), chat.ErrOvertaken)
	Equal(t, "is a member", must(s.IsMember(t.Context(), "r", Bob.ID))(t), true)
}

func testAbsence(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	leave := func(after time.Duration) bool {
		t.Helper()
		return must(s.RemoveMember(t.Context(), "r", Bob, Noon.Add(after)))(t)
	}
	noted := func() chat.Change {
		t.Helper()
		c, _, err := s.ChangeOf(t.Context(), "r", Bob.ID)
		return must(c, err)(t)
	}
	at := func(after time.Duration, finished bool) chat.Change {
		return chat.Change{RoomID: "r", User: Bob, At: Noon.Add(after), Finished: finished}
	}
	Equal(t, "removed", leave(time.Second), false)
	Equal(t, "there is nothing to do", noted(), at(time.Second, true))
	_, err := s.AddMember(t.Context(), "r", Members(Bob)[0], Noon)
	ErrorIs(t, "join, asked for before", err, chat.ErrOvertaken)
	must(s.AddMember(t.Context(), "r", Members(Bob)[0], Noon.Add(2*time.Second)))(t)
	Equal(t, "removed", leave(3*time.Second), true)
	Equal(t, "removed again", leave(4*time.Second), false)
	Equal(t, "it is still to do", noted(), at(4*time.Second, false))
}

func testWhoLeft(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	left := func() []string {
		t.Helper()
		at, err := s.Take(t.Context(), "r", Ada.ID, "t", Noon, 0)
		left := at.Left
		slices.Sort(left)
		return must(left, err)(t)
	}
	mark := func(id string, after time.Duration) {
		must(true, s.MarkLeft(t.Context(), "r", id, Noon.Add(after)))(t)
	}
	unmark := func(id string, after time.Duration) {
		must(true, s.UnmarkLeft(t.Context(), "r", id, Noon.Add(after)))(t)
	}
	unmark(Bob.ID, 0)
	Equal(t, "none", left(), nil)
	mark(Bob.ID, time.Second)
	mark(Ada.ID, time.Second)
	Equal(t, "two", left(), []string{Ada.ID, Bob.ID})
	unmark(Bob.ID, 0)
	mark(Bob.ID, 0)
	Equal(t, "marked later", left(), []string{Ada.ID, Bob.ID})
	unmark(Bob.ID, time.Second)
	Equal(t, "one", left(), []string{Ada.ID})
	unmark(Ada.ID, time.Minute)
	Equal(t, "no one", left(), nil)
}

func (s *Store) changes() []chat.Change {
	s.t.Helper()
	return must(s.Changes(s.t.Context()))(s.t)
}
