package chatstore_test

import (
	"fmt"
	"testing"

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
