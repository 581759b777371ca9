package chatstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/chat/storetest"
)

func TestTheStoreKeepsItsContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store { return newFixture(t).Store.Store })
}

func TestTheStoreKeepsItsContractOnSmallPages(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store {
		f := newFixture(t)
		f.client.pages = 2
		return f.Store.Store
	})
}

func TestARetryFindsItsMessageAfterTheCounterHasForgottenIt(t *testing.T) {
	f := newFixture(t)
	f.MustCreate("r", chat.Group, storetest.Ada, storetest.Bob)
	first := f.MustSend("r", storetest.Ada, "first")
	const others = 100
	for i := range others {
		f.MustSend("r", storetest.Bob, fmt.Sprint(i))
	}
	if seq := f.MustTake("r", storetest.Ada, "first", 0); seq != others+2 {
		t.Fatalf("the counter still remembers: %d", seq)
	}
	again, fresh, err := f.Send(t.Context(), "r", storetest.Ada, "first")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Equal(t, "fresh", fresh, false)
	storetest.Equal(t, "message", again, first)
	storetest.Equal(t, "entries", len(f.MustRead("r", 1, others+10)), others+1)
}

func TestAThreadIsFollowedForATime(t *testing.T) {
	f := newFixture(t)
	room, inThread := "r", "r.1"
	f.MustCreate(room, chat.Group, storetest.Ada)
	first := f.MustSend(room, storetest.Ada, "t")
	reply := storetest.Message(room, storetest.Ada, 1, "u")
	reply.ThreadOf, reply.SentAt = 1, chat.At(storetest.Noon.Add(-chat.FollowKept-time.Hour))
	next := first
	next.Thread, next.Rev = chat.Thread{Count: 1, LastAt: reply.SentAt}, 1
	if _, _, err := f.PutReply(t.Context(), reply, next, first); err != nil {
		t.Fatal(err)
	}
	followed, err := f.Followed(t.Context(), storetest.Ada.ID, "", 9)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Equal(t, "followed long after", len(followed), 0)
	again, err := f.Follow(t.Context(), inThread, storetest.Ada.ID, true, 1)
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := f.FollowOf(t.Context(), inThread, storetest.Ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Equal(t, "followed again", now, again)
	storetest.Equal(t, "follows", now.On, true)
}
