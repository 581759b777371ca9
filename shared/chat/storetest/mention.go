package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var mentionTests = []test{
	{"mentions are listed, the newest first", testMentions},
	{"a message that is sent again is one mention", testMentionTwice},
	{"a message that is not stored mentions nobody", testNoMention},
	{"a revision changes who is mentioned", testRevisedMentions},
	{"a reply in a thread mentions people", testMentionInThread},
	{"members among users are found", testMembersAmong},
}

// mentioning is a message at a position of a room, sent some minutes after Noon, that mentions users.
func mentioning(roomID string, seq int64, users ...string) chat.Message {
	m := Message(roomID, Ada, seq, fmt.Sprint(roomID, seq))
	m.SentAt = chat.At(Noon.Add(time.Duration(seq) * time.Minute))
	m.Mentions, m.Mentioned = users, users
	return m
}

// stored is a message as a store returns it.
func stored(m chat.Message) chat.Message {
	m.Mentioned = nil
	return m
}

// mustMention puts a message that mentions users.
func (s *Store) mustMention(roomID string, seq int64, users ...string) chat.Message {
	s.t.Helper()
	m, _, err := s.Put(s.t.Context(), mentioning(roomID, seq, users...))
	must(m, err)(s.t)
	Equal(s.t, "stored", m, stored(mentioning(roomID, seq, users...)))
	return m
}

// mentionsOf returns the mentions of a user.
func (s *Store) mentionsOf(user chat.User) []chat.Mention {
	s.t.Helper()
	return must(s.Mentions(s.t.Context(), user.ID, "", 10))(s.t)
}

func testMentions(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustCreate("r2", chat.Group, Ada, Bob)
	first, other, last := s.mustMention("r", 1, Bob.ID), s.mustMention("r2", 2, Bob.ID), s.mustMention("r", 3, Bob.ID, Ada.ID)
	want := []chat.Mention{chat.MentionIn(last), chat.MentionIn(other), chat.MentionIn(first)}
	Equal(t, "Bob's", s.mentionsOf(Bob), want)
	Equal(t, "Ada's", s.mentionsOf(Ada), want[:1])
	Equal(t, "two", must(s.Mentions(t.Context(), Bob.ID, "", 2))(t), want[:2])
	Equal(t, "after the newest", must(s.Mentions(t.Context(), Bob.ID, want[0].Key(), 1))(t), want[1:2])
	Equal(t, "message", s.MustRead(want[2].Log, want[2].Seq, want[2].Seq), []chat.Entry{Entry(first)})
}

func testMentionTwice(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	m := s.mustMention("r", 1, Bob.ID)
	again := mentioning("r", 2, Bob.ID)
	again.TempID = m.TempID
	again.Text = m.Text
	got, fresh, err := s.Put(t.Context(), again)
	must(got, err)(t)
	Equal(t, "stored", got, m)
	Equal(t, "fresh", fresh, false)
	Equal(t, "Bob's", s.mentionsOf(Bob), []chat.Mention{chat.MentionIn(m)})
	again.Mentions = nil
	_, _, err = s.Put(t.Context(), again)
	ErrorIs(t, "other mentions", err, chat.ErrConflict)
}

func testNoMention(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Bob)
	_, _, err := s.Put(t.Context(), mentioning("r", 1, Bob.ID))
	ErrorIs(t, "put", err, chat.ErrNotMember)
	Equal(t, "Bob's", len(s.mentionsOf(Bob)), 0)
}

func testRevisedMentions(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	m := s.mustMention("r", 1, Bob.ID)
	was, edited := m, mentioning("r", 1, Ada.ID)
	was.Mentioned, edited.Rev = m.Mentions, 1
	s.MustRevise(edited, was)
	Equal(t, "Bob's", len(s.mentionsOf(Bob)), 0)
	Equal(t, "Ada's", s.mentionsOf(Ada), []chat.Mention{chat.MentionIn(m)})
	again := edited
	again.Rev, again.Mentions, again.Mentioned = 2, []string{Bob.ID}, []string{Bob.ID}
	ErrorIs(t, "overtaken", s.Revise(t.Context(), again, was, Ada.ID), chat.ErrRevised)
	Equal(t, "Bob's still", len(s.mentionsOf(Bob)), 0)
}

func testMentionInThread(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	was := s.MustSend("r", Ada, "t")
	reply := mentioning("r", 1, Bob.ID)
	reply.ThreadOf, reply.ID = 1, "r.1.1"
	first := was
	first.Rev, first.Thread = 1, chat.Thread{Count: 1, LastAt: reply.SentAt}
	got, _, err := s.PutReply(t.Context(), reply, first, was)
	must(got, err)(t)
	Equal(t, "Bob's", s.mentionsOf(Bob), []chat.Mention{chat.MentionIn(reply)})
	Equal(t, "message", s.MustRead(s.mentionsOf(Bob)[0].Log, 1, 1), []chat.Entry{Entry(stored(reply))})
}

func testMembersAmong(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	Equal(t, "one", must(s.MembersAmong(t.Context(), "r", []string{"u_eve", Bob.ID}))(t), []string{Bob.ID})
	Equal(t, "none", len(must(s.MembersAmong(t.Context(), "other", []string{Bob.ID}))(t)), 0)
}
