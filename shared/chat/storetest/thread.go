package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

var threadTests = []test{
	{"a reply is stored with its first message, which counts it", testReply},
	{"a reply with a tempID that was used is not stored again", testReplyAgain},
	{"a reply whose first message has changed is refused", testOvertakenReply},
	{"replies at once have positions without holes", testRepliesAtOnce},
	{"only members reply", testOnlyMembersReply},
	{"a reply is revised in its thread", testRevisedReply},
	{"who begins, replies or asks for it follows a thread", testFollow},
	{"who has stopped to follow a thread follows it again with a reply of their own", testStopped},
	{"marks in a thread are those of who follows it", testThreadMarks},
	{"threads that somebody follows come in pages", testFollowed},
}

// replyTo is the next reply below a message, and that message with it.
func replyTo(first chat.Message, sender chat.User, tempID string, rev int64) (reply, next chat.Message) {
	reply = Message(first.RoomID, sender, first.Thread.Count+1, tempID)
	reply.ThreadOf, reply.CountedAt = first.Seq, rev
	reply.ID = fmt.Sprintf("%s.%d", first.ID, reply.Seq)
	first.Thread, first.Rev = chat.Thread{Count: reply.Seq, LastAt: reply.SentAt}, rev
	return reply, first
}

// MustReply stores a reply below a message, and returns it with that message as it is then.
func (s *Store) MustReply(first chat.Message, sender chat.User, tempID string) (reply, next chat.Message) {
	s.t.Helper()
	now := must(s.Revisable(s.t.Context(), first.RoomID, first.Seq))(s.t)
	reply, next = replyTo(now.Message, sender, tempID, now.Head+1)
	stored, fresh, err := s.PutReply(s.t.Context(), reply, next, now.Message)
	if err != nil || !fresh {
		s.t.Fatal(fresh, err)
	}
	Equal(s.t, "stored", stored, reply)
	return reply, next
}

// inThread is the id of the log below the first message of room "r".
const inThread = "r.1"

func testReply(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := s.MustSend("r", Ada, "t")
	one, _ := s.MustReply(first, Bob, "u")
	two, next := s.MustReply(first, Ada, "v")
	Equal(t, "thread", s.MustRead(inThread, 1, 9), []chat.Entry{Entry(one), Entry(two)})
	Equal(t, "room", s.MustRead("r", 1, 9), []chat.Entry{Entry(next)})
	Equal(t, "head", must(s.Head(t.Context(), "r"))(t).Seq, 1)
	Equal(t, "revisions", must(s.Revisions(t.Context(), "r", 0, 9))(t), []int64{1, 1})
	Equal(t, "revisions of the thread", len(must(s.Revisions(t.Context(), inThread, 0, 9))(t)), 0)
	s.wantMark("mark in the room", Ada, 1, joinedAt)
	if err := s.MarkLeft(t.Context(), "r", Bob.ID, Noon); err != nil {
		t.Fatal(err)
	}
	now := must(s.Revisable(t.Context(), inThread, 1))(t)
	Equal(t, "revisable", now, chat.Revisable{Message: one, Left: []string{Bob.ID}})
}

func testReplyAgain(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	first := s.MustSend("r", Ada, "t")
	stored, next := s.MustReply(first, Ada, "u")
	for what, was := range map[string]chat.Message{"read before": first, "read after": next} {
		reply, third := replyTo(next, Ada, "u", 2)
		again, fresh, err := s.PutReply(t.Context(), reply, third, was)
		if err != nil || fresh {
			t.Fatal(what, fresh, err)
		}
		Equal(t, what, again, stored)
	}
	for what, change := range map[string]func(*chat.Message){
		"another text":   func(m *chat.Message) { m.Text = "other" },
		"that of a room": func(m *chat.Message) { m.TempID = "t" },
	} {
		reply, third := replyTo(next, Ada, "u", 2)
		change(&reply)
		_, _, err := s.PutReply(t.Context(), reply, third, next)
		ErrorIs(t, what, err, chat.ErrConflict)
	}
	_, _, err := s.Send(t.Context(), "r", Ada, "u")
	ErrorIs(t, "that of a thread", err, chat.ErrConflict)
	Equal(t, "thread", s.MustRead(inThread, 1, 9), []chat.Entry{Entry(stored)})
	Equal(t, "first", must(s.Messages(t.Context(), "r", []int64{1}))(t), []chat.Message{next})
}

func testOvertakenReply(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	first, other := s.MustSend("r", Ada, "t"), s.MustSend("r", Ada, "u")
	now := revised(first, 1)
	s.MustRevise(now, first)
	s.MustRevise(revised(other, 2), other)
	for what, c := range map[string]struct {
		rev int64
		was chat.Message
	}{
		"the message has changed":      {3, first},
		"another message has changed":  {2, now},
		"the revision leaves a hole":   {4, now},
		"the message never was at it":  {3, revised(now, 2)},
		"both have changed since then": {1, first},
	} {
		reply, next := replyTo(first, Ada, "v", c.rev)
		_, _, err := s.PutReply(t.Context(), reply, next, c.was)
		ErrorIs(t, what, err, chat.ErrRevised)
	}
	Equal(t, "thread", s.MustRead(inThread, 1, 9), nil)
	s.MustReply(first, Ada, "v")
}

func testRepliesAtOnce(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := s.MustSend("r", Ada, "t")
	const n = 8
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			s.reviseAgain("r", first.Seq, func(now chat.Revisable) error {
				reply, next := replyTo(now.Message, []chat.User{Ada, Bob}[i%2], fmt.Sprint(i), now.Head+1)
				_, _, err := s.PutReply(t.Context(), reply, next, now.Message)
				return err
			})
		})
	}
	wg.Wait()
	replies := s.MustRead(inThread, 1, n+1)
	Equal(t, "replies", len(replies), n)
	Equal(t, "last position", replies[n-1].Seq, n)
	Equal(t, "count", must(s.Messages(t.Context(), "r", []int64{1}))(t)[0].Thread.Count, n)
}

func testOnlyMembersReply(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := s.MustSend("r", Ada, "t")
	must(s.RemoveMember(t.Context(), "r", Bob, Noon))(t)
	for _, u := range []chat.User{Bob, {ID: "u_eve", Name: "Eve"}} {
		reply, next := replyTo(first, u, "u", 1)
		_, _, err := s.PutReply(t.Context(), reply, next, first)
		ErrorIs(t, "reply of "+u.Name, err, chat.ErrNotMember)
		Equal(t, "follow of "+u.Name, s.followOf(u), chat.Follow{})
	}
	Equal(t, "room", s.MustRead("r", 1, 9), []chat.Entry{Entry(first)})
}

func testRevisedReply(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	_, next := s.MustReply(s.MustSend("r", Ada, "t"), Ada, "u")
	reply, next := s.MustReply(next, Ada, "v")
	changed := revised(reply, 1)
	s.MustRevise(changed, reply)
	Equal(t, "thread", s.MustRead(inThread, 2, 2), []chat.Entry{Entry(changed)})
	Equal(t, "revisions of the thread", must(s.Revisions(t.Context(), inThread, 0, 9))(t), []int64{2})
	Equal(t, "head of the thread", must(s.Head(t.Context(), inThread))(t).Rev, 1)
	Equal(t, "room", s.MustRead("r", 1, 9), []chat.Entry{Entry(next)})
	Equal(t, "messages", must(s.Messages(t.Context(), inThread, []int64{2}))(t), []chat.Message{changed})
	again, _, err := s.PutReply(t.Context(), reply, next, next)
	if err != nil {
		t.Fatal(err)
	}
	Equal(t, "a repetition", again, changed)
}

// wantFollow compares how a user stands to the thread.
func (s *Store) wantFollow(what string, u chat.User, on bool, seq, version int64) {
	s.t.Helper()
	want := chat.Follow{On: on, Mark: chat.Mark{Seq: seq, Version: version}}
	Equal(s.t, what, s.followOf(u), want)
}

// followOf returns how a user stands to the thread.
func (s *Store) followOf(u chat.User) chat.Follow {
	s.t.Helper()
	follow, _, err := s.FollowOf(s.t.Context(), inThread, u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return follow
}

var cy = chat.User{ID: "u_cy", Name: "Cy"}

func testFollow(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob, cy)
	first := s.MustSend("r", Ada, "t")
	_, next := s.MustReply(first, Bob, "u")
	s.wantFollow("who began it", Ada, true, 0, 0)
	s.wantFollow("who replied", Bob, true, 1, 0)
	s.wantFollow("who is in the room", cy, false, 0, 0)
	_, next = s.MustReply(next, Bob, "v")
	s.wantFollow("who began it, later", Ada, true, 0, 0)
	for range 2 {
		got := must(s.Follow(t.Context(), inThread, cy.ID, true, 2))(t)
		Equal(t, "answer", got, chat.Follow{On: true, Mark: chat.Mark{Seq: 2}})
	}
	s.MustReply(next, Ada, "w")
	s.wantFollow("who began and replied", Ada, true, 3, 0)
	Equal(t, "again", must(s.Follow(t.Context(), inThread, cy.ID, true, 3))(t).Mark.Seq, 2)
}

func testStopped(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := s.MustSend("r", Ada, "t")
	Equal(t, "answer", must(s.Follow(t.Context(), inThread, Ada.ID, false, 0))(t), chat.Follow{})
	_, next := s.MustReply(first, Bob, "u")
	s.wantFollow("who stopped before the first reply", Ada, false, 0, 0)
	must(s.Follow(t.Context(), inThread, Bob.ID, false, 1))(t)
	s.wantFollow("who stopped", Bob, false, 1, 0)
	Equal(t, "followed", len(must(s.Followed(t.Context(), Bob.ID, "", 9))(t)), 0)
	_, next = s.MustReply(next, Ada, "v")
	s.wantFollow("who replied", Ada, true, 2, 0)
	s.wantFollow("who stopped, later", Bob, false, 1, 0)
	s.MustReply(next, Bob, "w")
	s.wantFollow("who replied again", Bob, true, 3, 0)
	must(s.Follow(t.Context(), inThread, Bob.ID, false, 0))(t)
	Equal(t, "from now on", must(s.Follow(t.Context(), inThread, Bob.ID, true, 7))(t), chat.Follow{On: true, Mark: chat.Mark{Seq: 7}})
}

func testThreadMarks(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	_, next := s.MustReply(s.MustSend("r", Ada, "t"), Bob, "u")
	s.MustReply(next, Bob, "v")
	for _, step := range []struct{ seq, now int64 }{{1, 1}, {0, 1}, {2, 2}} {
		got := must(s.MarkRead(t.Context(), inThread, Ada.ID, step.seq, nil))(t)
		Equal(t, "answer", got, chat.Mark{Seq: step.now})
	}
	zero := int64(0)
	for range 2 {
		got := must(s.MarkUnread(t.Context(), inThread, Ada.ID, 1, &zero))(t)
		Equal(t, "unread", got, chat.Mark{Seq: 1, Version: 1})
	}
	Equal(t, "a mark of before", must(s.MarkRead(t.Context(), inThread, Ada.ID, 2, &zero))(t), chat.Mark{Seq: 1, Version: 1})
	s.wantFollow("stored", Ada, true, 1, 1)
	s.wantMark("in the room", Ada, 1, joinedAt)
	must(s.Follow(t.Context(), inThread, Bob.ID, false, 2))(t)
	for _, id := range []string{Bob.ID, cy.ID} {
		_, err := s.MarkRead(t.Context(), inThread, id, 1, nil)
		ErrorIs(t, "read by "+id, err, chat.ErrNotMember)
		_, err = s.MarkUnread(t.Context(), inThread, id, 1, nil)
		ErrorIs(t, "unread by "+id, err, chat.ErrNotMember)
	}
}

func testFollowed(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustCreate("q", chat.Group, Ada, Bob)
	_, one := s.MustReply(s.MustSend("q", Ada, "t"), Bob, "u")
	_, two := s.MustReply(s.MustSend("r", Ada, "t"), Bob, "u")
	_, three := s.MustReply(s.MustSend("r", Ada, "v"), Ada, "w")
	all := []chat.Followed{{First: one}, {First: two}, {First: three, Mark: chat.Mark{Seq: 1}}}
	Equal(t, "all", must(s.Followed(t.Context(), Ada.ID, "", 9))(t), all)
	Equal(t, "first page", must(s.Followed(t.Context(), Ada.ID, "", 2))(t), all[:2])
	Equal(t, "second page", must(s.Followed(t.Context(), Ada.ID, two.ID, 2))(t), all[2:])
	must(s.Follow(t.Context(), one.ID, Ada.ID, false, 0))(t)
	Equal(t, "page after one that was stopped", must(s.Followed(t.Context(), Ada.ID, "", 1))(t), all[1:2])
	Equal(t, "nobody's", len(must(s.Followed(t.Context(), cy.ID, "", 9))(t)), 0)
}
