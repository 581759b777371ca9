package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

var revisionTests = []test{
	{"a revision changes a message where it stands", testRevision},
	{"a room counts its revisions, from one", testRevisionLog},
	{"a revision of a message that has changed is refused", testOvertakenRevision},
	{"of revisions at once, each takes its own position", testRevisionsAtOnce},
	{"only members revise", testOnlyMembersRevise},
	{"a position without a message is not revised", testRevisionOfNothing},
	{"a repetition of a send finds the message as it was revised", testRepetitionAfterRevision},
	{"a revision knows who has left", testRevisionKnowsWhoLeft},
	{"a long log of revisions is read in order", testLongRevisions},
}

// revised is a message with another text, as a revision.
func revised(m chat.Message, rev int64) chat.Message {
	m.Text, m.Rev, m.EditedAt = fmt.Sprint("revision ", rev), rev, chat.At(Noon)
	m.Version++
	return m
}

// MustRevise puts m in the place of what the message was.
func (s *Store) MustRevise(m, was chat.Message) {
	s.t.Helper()
	if err := s.Revise(s.t.Context(), m, was, m.Sender.ID); err != nil {
		s.t.Fatal(err)
	}
}

// reviseAgain makes a change of a message again while another one is faster, or the store is busy.
func (s *Store) reviseAgain(log string, seq int64, change func(now chat.Revisable) error) {
	s.t.Helper()
	for {
		now, err := s.Revisable(s.t.Context(), log, seq)
		if err == nil {
			err = change(now)
		}
		var busy interface{ Unavailable() bool }
		if !errors.Is(err, chat.ErrRevised) && !errors.As(err, &busy) {
			if err != nil {
				s.t.Error(err)
			}
			return
		}
	}
}

func testRevision(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	sent := s.MustSend("r", Ada, "t")
	now := must(s.Revisable(t.Context(), "r", 1))(t)
	Equal(t, "before", now, chat.Revisable{Message: sent})
	first, second := revised(sent, 1), revised(sent, 2)
	s.MustRevise(first, sent)
	Equal(t, "after the first", must(s.Revisable(t.Context(), "r", 1))(t), chat.Revisable{Message: first, Head: 1})
	s.MustRevise(second, first)
	Equal(t, "log of messages", s.MustRead("r", 1, 9), []chat.Entry{Entry(second)})
	Equal(t, "head", must(s.Head(t.Context(), "r"))(t).Seq, 1)
}

func testRevisionLog(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	s.MustCreate("q", chat.Group, Ada)
	Equal(t, "head of no revisions", must(s.Head(t.Context(), "r"))(t).Rev, 0)
	a, b, other := s.MustSend("r", Ada, "a"), s.MustSend("r", Ada, "b"), s.MustSend("q", Ada, "a")
	s.MustRevise(revised(b, 1), b)
	s.MustRevise(revised(a, 2), a)
	s.MustRevise(revised(b, 3), revised(b, 1))
	s.MustRevise(revised(other, 1), other)
	Equal(t, "all", must(s.Revisions(t.Context(), "r", 0, 10))(t), []int64{2, 1, 2})
	Equal(t, "after the first", must(s.Revisions(t.Context(), "r", 1, 10))(t), []int64{1, 2})
	Equal(t, "one", must(s.Revisions(t.Context(), "r", 1, 1))(t), []int64{1})
	Equal(t, "after the last", len(must(s.Revisions(t.Context(), "r", 3, 10))(t)), 0)
	Equal(t, "head", must(s.Head(t.Context(), "r"))(t).Rev, 3)
	found := must(s.Messages(t.Context(), "r", []int64{2, 7}))(t)
	Equal(t, "messages", found, []chat.Message{revised(b, 3)})
	Equal(t, "no messages", len(must(s.Messages(t.Context(), "r", nil))(t)), 0)
}

func testOvertakenRevision(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	a, b := s.MustSend("r", Ada, "a"), s.MustSend("r", Ada, "b")
	s.MustRevise(revised(a, 1), a)
	for what, c := range map[string]struct {
		m, was chat.Message
	}{
		"the position is taken":      {revised(b, 1), b},
		"the position leaves a hole": {revised(b, 3), b},
		"the message has changed":    {revised(a, 2), a},
		"the message never had it":   {revised(b, 2), revised(b, 1)},
	} {
		ErrorIs(t, what, s.Revise(t.Context(), c.m, c.was, Ada.ID), chat.ErrRevised)
	}
	Equal(t, "log", s.MustRead("r", 1, 9), []chat.Entry{Entry(revised(a, 1)), Entry(b)})
	Equal(t, "revisions", must(s.Revisions(t.Context(), "r", 0, 10))(t), []int64{1})
}

func testRevisionsAtOnce(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	const n = 8
	for i := range n {
		s.MustSend("r", Ada, fmt.Sprint(i))
	}
	var wg sync.WaitGroup
	for seq := int64(1); seq <= n; seq++ {
		wg.Go(func() {
			s.reviseAgain("r", seq, func(now chat.Revisable) error {
				return s.Revise(t.Context(), revised(now.Message, now.Head+1), now.Message, Ada.ID)
			})
		})
	}
	wg.Wait()
	seqs := must(s.Revisions(t.Context(), "r", 0, 2*n))(t)
	seen := map[int64]bool{}
	for _, seq := range seqs {
		seen[seq] = true
	}
	if len(seqs) != n || len(seen) != n {
		t.Errorf("revisions of %v", seqs)
	}
}

func testOnlyMembersRevise(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	m := s.MustSend("r", Ada, "t")
	must(s.RemoveMember(t.Context(), "r", Ada, Noon))(t)
	ErrorIs(t, "a former member", s.Revise(t.Context(), revised(m, 1), m, Ada.ID), chat.ErrNotMember)
	ErrorIs(t, "a stranger", s.Revise(t.Context(), revised(m, 1), m, "u_cy"), chat.ErrNotMember)
	Equal(t, "log", s.MustRead("r", 1, 9), []chat.Entry{Entry(m)})
}

func testRevisionOfNothing(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	s.MustTake("r", Ada, "t", 0)
	Equal(t, "a hole", must(s.Revisable(t.Context(), "r", 1))(t).Message.Seq, 0)
	must(s.Void(t.Context(), "r", 1, Noon))(t)
	Equal(t, "a tombstone", must(s.Revisable(t.Context(), "r", 1))(t).Message.Seq, 0)
	Equal(t, "a tombstone among messages", len(must(s.Messages(t.Context(), "r", []int64{1}))(t)), 0)
}

func testRepetitionAfterRevision(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	sent := s.MustSend("r", Ada, "t")
	want := revised(sent, 1)
	s.MustRevise(want, sent)
	again, fresh, err := s.Send(t.Context(), "r", Ada, "t")
	if err != nil || fresh {
		t.Fatal(fresh, err)
	}
	Equal(t, "message", again, want)
}

func testRevisionKnowsWhoLeft(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustSend("r", Ada, "t")
	if err := s.MarkLeft(t.Context(), "r", Bob.ID, Noon); err != nil {
		t.Fatal(err)
	}
	Equal(t, "left", must(s.Revisable(t.Context(), "r", 1))(t).Left, []string{Bob.ID})
}

func testLongRevisions(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	m := s.MustSend("r", Ada, "t")
	const n = 1005
	for rev := int64(1); rev <= n; rev++ {
		next := revised(m, rev)
		s.MustRevise(next, m)
		m = next
	}
	const last = 1e15 - 1 // the last position that a log may have
	for after, want := range map[int64]int{0: 100, 950: 55, 998: 7, n: 0, last - 100: 0, last - 1: 0, last: 0} {
		Equal(t, fmt.Sprint("after ", after), len(must(s.Revisions(t.Context(), "r", after, 100))(t)), want)
	}
}
