package storetest

import (
	"fmt"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

var pinTests = []test{
	{"pinned messages are listed, the last first", testPinned},
	{"a revision that is refused pins nothing", testPinOfAnOvertakenRevision},
	{"pins do not show among the members of a room", testPinsAreNoMembers},
}

// pinned is a message that Ada has pinned, as a revision.
func pinned(m chat.Message, rev int64) chat.Message {
	m.Rev, m.Pinned = rev, &chat.Pin{By: Ada, At: chat.At(Noon)}
	return m
}

func testPinned(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	var pins []chat.Message
	for i := range 4 {
		m := s.MustSend("r", Ada, fmt.Sprint(i))
		pin := pinned(m, int64(i+1))
		s.MustRevise(pin, m)
		pins = append(pins, pin)
	}
	edited := revised(pins[1], 5)
	s.MustRevise(edited, pins[1])
	unpinned := pins[2]
	unpinned.Rev, unpinned.Pinned = 6, nil
	s.MustRevise(unpinned, pins[2])
	Equal(t, "all", must(s.Pinned(t.Context(), "r", 1e15-1, 10))(t), []int64{4, 2, 1})
	Equal(t, "two", must(s.Pinned(t.Context(), "r", 1e15-1, 2))(t), []int64{4, 2})
	Equal(t, "before the second", must(s.Pinned(t.Context(), "r", 2, 10))(t), []int64{1})
	Equal(t, "before the first", len(must(s.Pinned(t.Context(), "r", 1, 10))(t)), 0)
	Equal(t, "message", must(s.Messages(t.Context(), "r", []int64{2}))(t), []chat.Message{edited})
}

func testPinOfAnOvertakenRevision(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	m := s.MustSend("r", Ada, "t")
	s.MustRevise(revised(m, 1), m)
	ErrorIs(t, "pin", s.Revise(t.Context(), pinned(m, 2), m, Ada.ID), chat.ErrRevised)
	Equal(t, "pinned", len(must(s.Pinned(t.Context(), "r", 1e15-1, 10))(t)), 0)
}

func testPinsAreNoMembers(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	m := s.MustSend("r", Ada, "t")
	s.MustRevise(pinned(m, 1), m)
	Equal(t, "members", len(must(s.Members(t.Context(), "r", 10))(t)), 1)
	Equal(t, "members after", len(must(s.MembersAfter(t.Context(), "r", Ada.ID, 10))(t)), 0)
	Equal(t, "invited", len(must(s.Invited(t.Context(), "r", Noon))(t)), 0)
}
