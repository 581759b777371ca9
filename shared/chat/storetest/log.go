package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var logTests = []test{
	{"a log hands out positions from one", testPositions},
	{"a message comes back as it was stored", testStoredMessage},
	{"five sends with one tempID at once are one message", testFiveSendsAtOnce},
	{"a tempID of a message belongs to its sender and room", testTempIDsOfSenders},
	{"a tempID of a message is for one content", testOtherContent},
	{"what was sent is known by its sender, room, tempID and content", testWasSent},
	{"of different messages with one tempID at once, one is stored", testOtherContentsAtOnce},
	{"a retry finds its message after a hundred others", testLateRetry},
	{"two hundred sends at once have two hundred positions", testManySendsAtOnce},
	{"a message with its original has no record, and is told by its place", testOriginal},
	{"a revision keeps a message's original", testRevisedOriginal},
	{"a position tells how far back an earlier one may be", testEarlierPositions},
	{"a position is written once", testPositionWrittenOnce},
	{"a slow writer takes a new position after its own is void", testSlowWriter},
	{"only members write", testOnlyMembersWrite},
	{"entries are read in order over a long log", testLongLog},
	{"the ends of several logs are read at once", testEndsOfLogs},
}

func testPositions(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	Equal(t, "head of an empty log", must(s.Head(t.Context(), "r"))(t), chat.Head{})
	var sent []chat.Entry
	for i := range 3 {
		sent = append(sent, Entry(s.MustSend("r", Ada, fmt.Sprint(i))))
	}
	Equal(t, "entries", s.MustRead("r", 1, 3), sent)
	Equal(t, "one of them", s.MustRead("r", 2, 2), sent[1:2])
	head := must(s.Head(t.Context(), "r"))(t)
	Equal(t, "head position", head.Seq, 3)
	Equal(t, "head time", head.At.UTC(), Noon)
}

func testStoredMessage(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	m := chat.Message{
		ID: "r.1", RoomID: "r", Seq: s.MustTake("r", Ada, "t", 0), Sender: Ada, Text: "<ä> \U0001f600 \"\\\n", TempID: "t",
		SentAt: chat.At(Noon.Add(7 * time.Millisecond)), ReplyTo: 4,
	}
	stored, fresh, err := s.Put(t.Context(), m)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	Equal(t, "stored", stored, m)
	Equal(t, "read", s.MustRead("r", 1, 1), []chat.Entry{Entry(m)})
}

func testFiveSendsAtOnce(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	const n = 5
	var (
		wg    sync.WaitGroup
		got   [n]chat.Message
		fresh [n]bool
		errs  [n]error
	)
	for i := range n {
		wg.Go(func() { got[i], fresh[i], errs[i] = s.Send(t.Context(), "r", Ada, "same") })
	}
	wg.Wait()
	first := 0
	for i := range n {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		Equal(t, "message", got[i], Message("r", Ada, 1, "same"))
		if fresh[i] {
			first++
		}
	}
	Equal(t, "how many stored it", first, 1)
	Equal(t, "log", s.MustRead("r", 1, 10), []chat.Entry{Entry(got[0])})
	Equal(t, "positions handed out", must(s.Head(t.Context(), "r"))(t).Seq, 1)
}

func testTempIDsOfSenders(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustCreate("q", chat.Group, Ada)
	Equal(t, "Ada's", s.MustSend("r", Ada, "t").Seq, 1)
	Equal(t, "Bob's", s.MustSend("r", Bob, "t").Seq, 2)
	Equal(t, "Ada's in another room", s.MustSend("q", Ada, "t"), Message("q", Ada, 1, "t"))
	if s.MustTake("r", Ada, "u", 0) == s.MustTake("r", Bob, "u", 0) {
		t.Error("Ada and Bob have the same position")
	}
}

func testOtherContent(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	first := s.MustSend("r", Ada, "t")
	for what, change := range map[string]func(*chat.Message){
		"another text":    func(m *chat.Message) { m.Text = "other" },
		"another reply":   func(m *chat.Message) { m.ReplyTo = 1 },
		"another thread":  func(m *chat.Message) { m.ThreadOf = 1 },
		"the same place":  func(m *chat.Message) { m.Text, m.Seq = "other", first.Seq },
		"reply or thread": func(m *chat.Message) { m.Text, m.ReplyTo = m.Text+"\x001", 1 },
	} {
		m := Message("r", Ada, s.MustTake("r", Ada, "t", first.Seq), "t")
		change(&m)
		_, fresh, err := s.Put(t.Context(), m)
		ErrorIs(t, what, err, chat.ErrConflict)
		Equal(t, what, fresh, false)
	}
	Equal(t, "log", s.MustRead("r", 1, 10), []chat.Entry{Entry(first)})
	Equal(t, "a repetition", s.MustSend("r", Ada, "t"), first)
}

func testWasSent(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	s.MustCreate("q", chat.Group, Ada)
	s.MustSend("r", Ada, "t")
	other := Message("r", Ada, 0, "t")
	other.Text = "other"
	_, err := s.WasSent(t.Context(), other)
	ErrorIs(t, "another content", err, chat.ErrConflict)
	for what, m := range map[string]chat.Message{
		"by Bob": Message("r", Bob, 0, "t"), "in another room": Message("q", Ada, 0, "t"), "another": Message("r", Ada, 0, "u"),
	} {
		Equal(t, what, must(s.WasSent(t.Context(), m))(t), false)
	}
	Equal(t, "the same", must(s.WasSent(t.Context(), Message("r", Ada, 0, "t")))(t), true)
	Equal(t, "log", len(s.MustRead("r", 1, 10)), 1)
}

func testOtherContentsAtOnce(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	const n = 5
	var wg sync.WaitGroup
	var fresh [n]bool
	var errs [n]error
	for i := range n {
		m := Message("r", Ada, s.MustTake("r", Ada, fmt.Sprint(i), 0), "t")
		m.Text = fmt.Sprint(i)
		wg.Go(func() { _, fresh[i], errs[i] = s.Put(t.Context(), m) })
	}
	wg.Wait()
	first := 0
	for i := range n {
		if fresh[i] {
			first++
		} else {
			ErrorIs(t, fmt.Sprint("message ", i), errs[i], chat.ErrConflict)
		}
	}
	Equal(t, "how many were stored", first, 1)
	Equal(t, "entries", len(s.MustRead("r", 1, 10)), 1)
}

func testLateRetry(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := s.MustSend("r", Ada, "first")
	const others = 100
	for i := range others {
		s.MustSend("r", Bob, fmt.Sprint(i))
	}
	again, fresh, err := s.Send(t.Context(), "r", Ada, "first")
	if err != nil {
		t.Fatal(err)
	}
	Equal(t, "fresh", fresh, false)
	Equal(t, "message", again, first)
	Equal(t, "entries", len(s.MustRead("r", 1, others+10)), others+1)
}

func testManySendsAtOnce(t *testing.T, s *Store) {
	const senders, each = 10, 20
	var users []chat.User
	for i := range senders {
		users = append(users, chat.User{ID: fmt.Sprintf("u_%d", i), Name: "Guest"})
	}
	s.MustCreate("r", chat.Group, users...)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		sent []chat.Entry
	)
	for _, u := range users {
		for i := range each {
			wg.Go(func() {
				m, fresh, err := s.Send(t.Context(), "r", u, fmt.Sprint(i))
				if err != nil || !fresh {
					t.Error(fresh, err)
				}
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, Entry(m))
			})
		}
	}
	wg.Wait()
	slices.SortFunc(sent, func(a, b chat.Entry) int { return int(a.Seq - b.Seq) })
	for i, e := range sent {
		if e.Seq != int64(i+1) {
			t.Fatalf("position %d is at place %d", e.Seq, i+1)
		}
	}
	Equal(t, "log", s.MustRead("r", 1, senders*each), sent)
}

// original returns a message whose repetitions are told by its position.
func original(roomID string, sender chat.User, seq int64, tempID string) chat.Message {
	m := Message(roomID, sender, seq, tempID)
	m.Original = m.Fingerprint()
	return m
}

func testOriginal(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := original("r", Ada, s.MustTake("r", Ada, "t", 0), "t")
	for fresh := true; ; fresh = false {
		stored, got, err := s.Put(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		Equal(t, "fresh", got, fresh)
		Equal(t, "stored", stored, first)
		if !fresh {
			break
		}
	}
	other := first
	other.Text = "other"
	other.Original = other.Fingerprint()
	_, _, err := s.Put(t.Context(), other)
	ErrorIs(t, "another content at its place", err, chat.ErrConflict)
	_, _, err = s.Put(t.Context(), original("r", Bob, 1, "t"))
	ErrorIs(t, "another sender at its place", err, chat.ErrTaken)
	second := original("r", Ada, s.MustTake("r", Ada, "t", 1), "t")
	_, fresh, err := s.Put(t.Context(), second)
	if err != nil || !fresh {
		t.Fatal("elsewhere it is another message:", fresh, err)
	}
	_, _, err = s.Put(t.Context(), original("r", chat.User{ID: "u_stranger"}, 9, "t"))
	ErrorIs(t, "a stranger's", err, chat.ErrNotMember)
	Equal(t, "log", s.MustRead("r", 1, 9), []chat.Entry{Entry(first), Entry(second)})
}

func testRevisedOriginal(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	first := original("r", Ada, s.MustTake("r", Ada, "t", 0), "t")
	if _, _, err := s.Put(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	edited := s.MustRead("r", 1, 1)[0].Message
	edited.Text, edited.Version, edited.Rev = "edited", 1, 1
	if err := s.Revise(t.Context(), edited, first, Ada.ID); err != nil {
		t.Fatal(err)
	}
	Equal(t, "edited", s.MustRead("r", 1, 1), []chat.Entry{Entry(edited)})
	again, fresh, err := s.Put(t.Context(), first)
	if err != nil || fresh {
		t.Fatal(fresh, err)
	}
	Equal(t, "a repetition", again, edited)
}

// testEarlierPositions takes positions as functions do that die or are slow, and compares what the store says with
// where the tempID has been.
func testEarlierPositions(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	take := func(sender chat.User, tempID string, taken int64) chat.Taken {
		return must(s.Take(t.Context(), "r", sender.ID, tempID, Noon, taken))(t)
	}
	Equal(t, "the first position", take(Ada, "t", 0).Earlier, 0)
	was, told := int64(1), 0
	for i := range 400 {
		take(Bob, fmt.Sprint(i), 0)
		if i%7 != 0 {
			continue
		}
		at := take(Ada, "t", 0)
		if at.Seq != was && at.Earlier < was {
			t.Fatalf("%+v does not tell of position %d", at, was)
		}
		if at.Seq != was {
			told++
		}
		Equal(t, "the same again", take(Ada, "t", 0), at)
		was = at.Seq
		if i%3 == 0 { // somebody has closed it
			at = take(Ada, "t", was)
			was = at.Seq
		}
	}
	if told == 0 {
		t.Error("the slots have forgotten nothing, so this test shows nothing")
	}
	// What was never taken has no earlier position, as long as only one other came since.
	for i := range 50 {
		head := must(s.Head(t.Context(), "r"))(t).Seq
		take(Bob, fmt.Sprint("one ", i), 0)
		if at := take(Ada, fmt.Sprint("new ", i), 0); at.Earlier > head {
			t.Errorf("%+v of a new tempID, after %d", at, head)
		}
	}
}

func testPositionWrittenOnce(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada, Bob)
	first := Message("r", Ada, 1, "first")
	if _, _, err := s.Put(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Put(t.Context(), Message("r", Bob, 1, "second"))
	ErrorIs(t, "a second message at its position", err, chat.ErrTaken)
	Equal(t, "a tombstone at its position", must(s.Void(t.Context(), "r", 1, Noon))(t), Entry(first))
	Equal(t, "log", s.MustRead("r", 1, 9), []chat.Entry{Entry(first)})
}

func testSlowWriter(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	seq := s.MustTake("r", Ada, "slow", 0)
	Equal(t, "the same tempID again", s.MustTake("r", Ada, "slow", 0), seq)
	Equal(t, "a hole", s.MustRead("r", 1, 9), nil)
	void := chat.Entry{Seq: seq, Void: true}
	for range 2 {
		Equal(t, "void", must(s.Void(t.Context(), "r", seq, Noon))(t), void)
	}
	_, _, err := s.Put(t.Context(), Message("r", Ada, seq, "slow"))
	ErrorIs(t, "put at a void position", err, chat.ErrTaken)
	next := s.MustTake("r", Ada, "slow", seq)
	Equal(t, "next position", next, 2)
	Equal(t, "and again", s.MustTake("r", Ada, "slow", seq), 2)
	m, fresh, err := s.Put(t.Context(), Message("r", Ada, next, "slow"))
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	Equal(t, "log", s.MustRead("r", 1, 9), []chat.Entry{void, Entry(m)})
}

func testOnlyMembersWrite(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	_, _, err := s.Send(t.Context(), "r", Bob, "t")
	ErrorIs(t, "a stranger's message", err, chat.ErrNotMember)
	s.MustSend("r", Ada, "before")
	must(s.RemoveMember(t.Context(), "r", Ada, Noon))(t)
	_, _, err = s.Send(t.Context(), "r", Ada, "after")
	ErrorIs(t, "a former member's message", err, chat.ErrNotMember)
}

func testLongLog(t *testing.T, s *Store) {
	s.MustCreate("r", chat.Group, Ada)
	var put []chat.Entry
	for seq := int64(990); seq <= 1010; seq++ {
		m, _, err := s.Put(t.Context(), Message("r", Ada, seq, fmt.Sprint(seq)))
		if err != nil {
			t.Fatal(err)
		}
		put = append(put, Entry(m))
	}
	Equal(t, "all", s.MustRead("r", 1, 3000), put)
	Equal(t, "the middle", s.MustRead("r", 998, 1001), put[8:12])
	Equal(t, "none", s.MustRead("r", 1011, 1020), nil)
}

func testEndsOfLogs(t *testing.T, s *Store) {
	var at []chat.Position
	want := map[chat.Position]chat.Entry{}
	for i, room := range []string{"a", "b", "empty"} {
		s.MustCreate(room, chat.Group, Ada)
		for j := range 2 * i % 4 {
			m := s.MustSend(room, Ada, fmt.Sprint(j))
			want[chat.Position{Log: room, Seq: m.Seq}] = Entry(m)
		}
	}
	m := s.MustSend("a", Ada, "t")
	edited := m
	edited.Text, edited.Rev = "edited", 1
	if err := s.Revise(t.Context(), edited, m, Ada.ID); err != nil {
		t.Fatal(err)
	}
	want[chat.Position{Log: "a", Seq: 1}] = Entry(edited)
	want[chat.Position{Log: "b", Seq: 3}] = must(s.Void(t.Context(), "b", 3, Noon))(t)
	for p := range want {
		at = append(at, p)
	}
	at = append(at, chat.Position{Log: "empty", Seq: 1})
	Equal(t, "entries", must(s.EntriesAt(t.Context(), at))(t), want)
	heads := must(s.Heads(t.Context(), []string{"a", "b", "empty"}))(t)
	for _, room := range []string{"a", "b", "empty"} {
		Equal(t, "head of "+room, heads[room], must(s.Head(t.Context(), room))(t))
	}
	Equal(t, "positions and revision", []int64{heads["a"].Seq, heads["a"].Rev, heads["b"].Seq, heads["b"].Rev}, []int64{1, 1, 2, 0})
}
