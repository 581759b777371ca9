package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

var searchTests = []test{
	{"messages are found by the beginnings of their words", testSearch},
	{"a search finds what a message says now", testSearchAfterRevision},
	{"a search looks through a long log", testLongSearch},
	{"replies are found by what they say now, in the order of the room", testSearchOfReplies},
}

// say stores a message with a text.
func (s *Store) say(roomID, text string) chat.Message {
	s.t.Helper()
	seq := s.MustTake(roomID, Ada, text, 0)
	m := chat.Message{ID: fmt.Sprint(roomID, ".", seq), RoomID: roomID, Seq: seq, Sender: Ada, TempID: text, Text: text, SentAt: chat.At(Noon)}
	stored, _, err := s.Put(s.t.Context(), m)
	if err != nil {
		s.t.Fatal(err)
	}
	return stored
}

// wantFound fails the test unless a search finds the messages at these positions.
func (s *Store) wantFound(search string, first, last int64, seqs ...int64) {
	s.t.Helper()
	found, units, err := s.Search(s.t.Context(), "r", first, last, chat.Terms(search))
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(found)
	Equal(s.t, search, found, seqs)
	if units <= 0 {
		s.t.Errorf("%s: took %g units", search, units)
	}
}

func testSearch(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	for _, text := range []string{"The quick brown fox", "QUICKSAND, Frère!", "unquick", "😀", "東京タワー"} {
		s.say("r", text)
	}
	s.wantFound("quick", 1, 9, 1, 2)
	s.wantFound("fox the", 1, 9, 1)
	s.wantFound("frere", 1, 9, 2)
	s.wantFound("京タ", 1, 9, 5)
	s.wantFound("quick", 2, 9, 2)
	s.wantFound("quick", 1, 1, 1)
	s.wantFound("fox quicksand", 1, 9)
}

func testSearchAfterRevision(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	sent := s.say("r", "apple")
	edited := revised(sent, 1)
	edited.Text = "pear"
	s.MustRevise(edited, sent)
	s.wantFound("apple", 1, 9)
	s.wantFound("pear", 1, 9, 1)
	deleted := edited
	deleted.Rev, deleted.Text, deleted.DeletedAt = 2, "", chat.At(Noon)
	s.MustRevise(deleted, edited)
	s.wantFound("pear", 1, 9)
}

func testLongSearch(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	for i := range 1005 {
		s.say("r", fmt.Sprint("number ", i+1))
	}
	s.wantFound("number 100", 1, 1005, 100, 1000, 1001, 1002, 1003, 1004, 1005)
}

// replies returns where a search finds replies in the threads of room "r", by their places.
func (s *Store) replies(search string, first, last int64) map[int64]chat.Position {
	s.t.Helper()
	found, _, err := s.SearchReplies(s.t.Context(), "r", first, last, chat.Terms(search))
	if err != nil {
		s.t.Fatal(err)
	}
	places := map[int64]chat.Position{}
	for _, hit := range found {
		places[hit.Place] = hit.Position
	}
	return places
}

func testSearchOfReplies(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	s.MustCreate("q", chat.Group, Ada)
	one, two, other := s.say("r", "one"), s.say("r", "two"), s.say("q", "other")
	first, one := s.MustReply(one, Ada, "apples")
	s.MustReply(two, Ada, "an apple")
	s.MustReply(one, Ada, "pears")
	s.MustReply(other, Ada, "apple")
	inOne, inTwo := chat.Position{Log: "r.1", Seq: 1}, chat.Position{Log: "r.2", Seq: 1}
	Equal(t, "apple", s.replies("APPLE", 1, 9), map[int64]chat.Position{1: inOne, 2: inTwo})
	Equal(t, "from the second", s.replies("apple", 2, 9), map[int64]chat.Position{2: inTwo})
	Equal(t, "up to the first", s.replies("apple", 1, 1), map[int64]chat.Position{1: inOne})
	s.wantFound("apple", 1, 9)

	edited := revised(first, 1)
	edited.Text = "plums"
	s.MustRevise(edited, first)
	Equal(t, "edited", s.replies("apple", 1, 9), map[int64]chat.Position{2: inTwo})
	Equal(t, "its new text", s.replies("plum", 1, 9), map[int64]chat.Position{1: inOne})
	reacted := edited
	reacted.Rev, reacted.ReactedAt = 2, chat.At(Noon)
	s.MustRevise(reacted, edited)
	Equal(t, "reacted to", s.replies("plum", 1, 9), map[int64]chat.Position{1: inOne})
	deleted := reacted
	deleted.Rev, deleted.Text, deleted.DeletedAt = 3, "", chat.At(Noon)
	s.MustRevise(deleted, reacted)
	Equal(t, "deleted", s.replies("plum", 1, 9), map[int64]chat.Position{})
}
