package chatstore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

func TestALogHandsOutPositionsFromOne(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	head, err := f.Head(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "head of an empty log", head, chat.Head{})
	var sent []chat.Entry
	for i := range 3 {
		sent = append(sent, entry(f.mustSend("r", ada, fmt.Sprint(i))))
	}
	want(t, "entries", f.entries("r", 1, 3), sent)
	want(t, "a part of them", f.entries("r", 2, 2), sent[1:2])
	if head, err = f.Head(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	want(t, "head position", head.Seq, 3)
	want(t, "head time", head.At.UTC(), noon)
}

func TestAMessageComesBackAsItWasStored(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	m := chat.Message{
		ID: "r.1", RoomID: "r", Seq: f.take("r", ada, "t", 0), Sender: ada, Text: "<ä> \U0001f600 \"\\\n", TempID: "t",
		SentAt: chat.At(noon.Add(7 * time.Millisecond)), ReplyTo: 4, ThreadOf: 5,
	}
	stored, fresh, err := f.Put(t.Context(), m)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	want(t, "stored", stored, m)
	want(t, "read", f.entries("r", 1, 1), []chat.Entry{entry(m)})
}

func TestTheSameTempIDFiveTimesAtOnceIsOneMessage(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	const n = 5
	var (
		wg    sync.WaitGroup
		got   [n]chat.Message
		fresh [n]bool
		errs  [n]error
	)
	for i := range n {
		wg.Go(func() { got[i], fresh[i], errs[i] = f.send("r", ada, "same") })
	}
	wg.Wait()
	first := 0
	for i := range n {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		want(t, "message", got[i], message("r", ada, 1, "same"))
		if fresh[i] {
			first++
		}
	}
	want(t, "how many stored it", first, 1)
	want(t, "log", f.entries("r", 1, 10), []chat.Entry{entry(got[0])})
	head, err := f.Head(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "positions handed out", head.Seq, 1)
}

func TestATempIDBelongsToItsSenderAndRoom(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada, bob)
	f.room("q", chat.Group, ada)
	want(t, "Ada's", f.mustSend("r", ada, "t").Seq, 1)
	want(t, "Bob's", f.mustSend("r", bob, "t").Seq, 2)
	want(t, "Ada's in another room", f.mustSend("q", ada, "t"), message("q", ada, 1, "t"))
}

func TestARetryFindsItsMessageLongAfterTheCounterHasForgottenIt(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada, bob)
	first := f.mustSend("r", ada, "first")
	const others = 100
	for i := range others {
		f.mustSend("r", bob, fmt.Sprint(i))
	}
	if seq := f.take("r", ada, "first", 0); seq != others+2 {
		t.Fatalf("the counter still remembers: %d", seq)
	}
	again, fresh, err := f.send("r", ada, "first")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "fresh", fresh, false)
	want(t, "message", again, first)
	want(t, "entries", len(f.entries("r", 1, others+10)), others+1)
}

func TestTwoHundredMessagesAtOnceHaveTwoHundredPositions(t *testing.T) {
	f := newFixture(t)
	const senders, each = 10, 20
	var users []chat.User
	for i := range senders {
		users = append(users, chat.User{ID: fmt.Sprintf("u_%d", i), Name: "Somebody"})
	}
	f.room("r", chat.Group, users...)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		sent []chat.Entry
	)
	for _, u := range users {
		for i := range each {
			wg.Go(func() {
				m, fresh, err := f.send("r", u, fmt.Sprint(i))
				if err != nil || !fresh {
					t.Error(fresh, err)
				}
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, entry(m))
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
	want(t, "log", f.entries("r", 1, senders*each), sent)
}

func TestAPositionIsWrittenOnce(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada, bob)
	first := message("r", ada, 1, "first")
	if _, _, err := f.Put(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, _, err := f.Put(t.Context(), message("r", bob, 1, "second"))
	wantErr(t, "a second message at its position", err, chat.ErrTaken)
	e, err := f.Void(t.Context(), "r", 1, noon)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "a tombstone at its position", e, entry(first))
	want(t, "log", f.entries("r", 1, 9), []chat.Entry{entry(first)})
}

func TestASlowWriterTakesANewPositionOnceItsOwnIsVoid(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	seq := f.take("r", ada, "slow", 0)
	void := chat.Entry{Seq: seq, Void: true}
	for range 2 {
		e, err := f.Void(t.Context(), "r", seq, noon)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "void", e, void)
	}
	_, _, err := f.Put(t.Context(), message("r", ada, seq, "slow"))
	wantErr(t, "put at a void position", err, chat.ErrTaken)
	next := f.take("r", ada, "slow", seq)
	want(t, "next position", next, 2)
	want(t, "and again", f.take("r", ada, "slow", seq), 2)
	m, fresh, err := f.Put(t.Context(), message("r", ada, next, "slow"))
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	want(t, "log", f.entries("r", 1, 9), []chat.Entry{void, entry(m)})
}

func TestNobodyWritesWhoIsNotAMember(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	_, _, err := f.send("r", bob, "t")
	wantErr(t, "a stranger's message", err, chat.ErrNotMember)
	f.mustSend("r", ada, "before")
	if _, err := f.RemoveMember(t.Context(), "r", ada.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = f.send("r", ada, "after")
	wantErr(t, "a former member's message", err, chat.ErrNotMember)
}

func TestEntriesGoOnThroughPartitionsAndPages(t *testing.T) {
	f := newFixture(t)
	f.room("r", chat.Group, ada)
	f.client.pages = 3
	var put []chat.Entry
	for seq := int64(990); seq <= 1010; seq++ {
		m, _, err := f.Put(t.Context(), message("r", ada, seq, fmt.Sprint(seq)))
		if err != nil {
			t.Fatal(err)
		}
		put = append(put, entry(m))
	}
	want(t, "all", f.entries("r", 1, 3000), put)
	want(t, "around the border", f.entries("r", 998, 1001), put[8:12])
	want(t, "none", f.entries("r", 1011, 1020), nil)
}
