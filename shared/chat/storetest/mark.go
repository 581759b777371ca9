package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var markTests = []test{
	{"a mark moves forward only", testMarkMovesForward},
	{"marking as unread moves the mark back and wins over marks of before", testMarkUnread},
	{"sending moves the own mark forward, and no other", testSendingMarks},
	{"sending leaves a mark that is further", testSendingBehindTheMark},
	{"of marks at once the furthest stays", testMarksAtOnce},
	{"a member begins with what was read when they joined", testFirstMark},
	{"only members have marks", testMarksOfMembers},
}

// joinedAt is the version of a mark of somebody who joined at Noon.
var joinedAt = Noon.UnixMilli()

// wantMark compares the mark of a member of room "r", in all the ways to read it.
func (s *Store) wantMark(what string, u chat.User, seq, version int64) {
	s.t.Helper()
	want := chat.Mark{Seq: seq, Version: version}
	Equal(s.t, what, must(s.Marks(s.t.Context(), "r", []string{u.ID}))(s.t), map[string]chat.Mark{u.ID: want})
	Equal(s.t, what+", in the list", must(s.StandingOf(s.t.Context(), u.ID, Noon))(s.t).Marks["r"], want)
}

func testMarkMovesForward(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.wantMark("of a new room", Ada, 0, joinedAt)
	for _, step := range []struct{ seq, now int64 }{{3, 3}, {2, 3}, {3, 3}, {0, 3}, {12, 12}} {
		got := must(s.MarkRead(t.Context(), "r", Ada.ID, step.seq, nil))(t)
		Equal(t, "answer", got, chat.Mark{Seq: step.now, Version: joinedAt})
		s.wantMark("mark", Ada, step.now, joinedAt)
	}
	s.wantMark("of Bob", Bob, 0, joinedAt)
}

func testMarkUnread(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	first, second := joinedAt, joinedAt+1
	read := func(seq int64, version *int64) chat.Mark {
		return must(s.MarkRead(t.Context(), "r", Ada.ID, seq, version))(t)
	}
	unread := func(seq int64, version *int64) chat.Mark {
		return must(s.MarkUnread(t.Context(), "r", Ada.ID, seq, version))(t)
	}
	Equal(t, "read", read(9, &first), chat.Mark{Seq: 9, Version: first})
	Equal(t, "unread", unread(4, &first), chat.Mark{Seq: 4, Version: second})
	Equal(t, "unread again", unread(4, &first), chat.Mark{Seq: 4, Version: second})
	Equal(t, "a mark of before", read(9, &first), chat.Mark{Seq: 4, Version: second})
	s.wantMark("stored", Ada, 4, second)
	Equal(t, "a mark of now", read(8, &second), chat.Mark{Seq: 8, Version: second})
	Equal(t, "a late repetition of unread", unread(4, &first), chat.Mark{Seq: 8, Version: second})
	Equal(t, "a mark without version", read(9, nil), chat.Mark{Seq: 9, Version: second})
	Equal(t, "unread without version", unread(0, nil), chat.Mark{Seq: 0, Version: second + 1})
	s.wantMark("at the end", Ada, 0, second+1)
}

func testSendingMarks(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustSend("r", Bob, "a")
	s.MustSend("r", Ada, "b")
	s.MustSend("r", Bob, "c")
	s.wantMark("Ada's", Ada, 2, joinedAt)
	s.wantMark("Bob's", Bob, 3, joinedAt)
	s.MustSend("r", Ada, "b")
	s.wantMark("Ada's after a repetition", Ada, 2, joinedAt)
}

func testSendingBehindTheMark(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	seq := s.MustTake("r", Ada, "a", 0)
	s.MustSend("r", Bob, "b")
	must(s.MarkRead(t.Context(), "r", Ada.ID, 2, nil))(t)
	m, fresh, err := s.Put(t.Context(), Message("r", Ada, seq, "a"))
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	Equal(t, "log", s.MustRead("r", 1, 9)[0], Entry(m))
	s.wantMark("mark", Ada, 2, joinedAt)
	again, fresh, err := s.Put(t.Context(), Message("r", Ada, seq, "a"))
	if err != nil || fresh {
		t.Fatal(fresh, err)
	}
	Equal(t, "again", again, m)
	_, _, err = s.Put(t.Context(), Message("r", Ada, seq, "c"))
	ErrorIs(t, "at a position that is taken", err, chat.ErrTaken)
}

func testMarksAtOnce(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	var wg sync.WaitGroup
	for seq := range int64(20) {
		wg.Go(func() {
			if _, err := s.MarkRead(t.Context(), "r", Ada.ID, seq, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.wantMark("mark", Ada, 19, joinedAt)
}

func testFirstMark(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	bob := Members(Bob)[0]
	bob.ReadUpTo = 7
	must(s.AddMember(t.Context(), "r", bob, Noon))(t)
	s.wantMark("joined", Bob, 7, joinedAt)
	must(s.MarkRead(t.Context(), "r", Bob.ID, 9, nil))(t)
	must(s.AddMember(t.Context(), "r", bob, Noon))(t)
	s.wantMark("joined again as a member", Bob, 9, joinedAt)
	must(s.RemoveMember(t.Context(), "r", Bob, Noon))(t)
	later := Noon.Add(time.Minute)
	bob.JoinedAt, bob.ReadUpTo = chat.At(later), 8
	must(s.AddMember(t.Context(), "r", bob, later))(t)
	s.wantMark("came back", Bob, 8, later.UnixMilli())
	Equal(t, "members", must(s.Members(t.Context(), "r", 10))(t)[1], chat.Member{User: Bob, JoinedAt: chat.At(later)})
}

func testMarksOfMembers(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	must(s.RemoveMember(t.Context(), "r", Bob, Noon))(t)
	for _, id := range []string{Bob.ID, "u_eve"} {
		_, err := s.MarkRead(t.Context(), "r", id, 1, nil)
		ErrorIs(t, "read by "+id, err, chat.ErrNotMember)
		_, err = s.MarkUnread(t.Context(), "r", id, 1, nil)
		ErrorIs(t, "unread by "+id, err, chat.ErrNotMember)
	}
	found := must(s.Marks(t.Context(), "r", []string{Ada.ID, Bob.ID, "u_eve"}))(t)
	Equal(t, "marks", found, map[string]chat.Mark{Ada.ID: {Version: joinedAt}})
	Equal(t, "marks of nobody", len(must(s.Marks(t.Context(), "r", nil))(t)), 0)
}
