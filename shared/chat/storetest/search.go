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
