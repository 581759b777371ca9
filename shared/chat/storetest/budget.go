package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

var budgetTests = []test{
	{"a person may spend the burst, and then the rate", testBurstAndRate},
	{"what has been caused counts in any case", testCaused},
	{"spendings at once are all counted", testSpendingsAtOnce},
}

// budget takes ten seconds to be there again.
var budget = chat.Budget{Burst: 100, PerSecond: 10}

// spend spends from Ada's budget some time after noon, and returns how long she has to wait then.
func (s *Store) spend(after time.Duration, n int, caused bool) time.Duration {
	s.t.Helper()
	now := Noon.Add(after)
	account, err := s.Spend(s.t.Context(), Ada.ID, chat.Spending{Deliveries: n, Caused: caused, Now: now, Budget: budget})
	if err != nil {
		s.t.Fatal(err)
	}
	if account.Until.IsZero() {
		return 0
	}
	return account.Until.Sub(now).Truncate(time.Millisecond)
}

func testBurstAndRate(t *testing.T, s *Store) {
	for _, step := range []struct {
		at   time.Duration
		n    int
		wait time.Duration
	}{
		{0, 60, 0}, {0, 39, 0},
		{0, 51, 0}, // a large one is possible as long as something is left
		{0, 1, 5 * time.Second}, {0, 1, 5 * time.Second},
		{4 * time.Second, 1, time.Second},
		{5001 * time.Millisecond, 1, 0},
		{time.Hour, 99, 0}, {time.Hour, 2, 0}, {time.Hour, 1, 100 * time.Millisecond},
	} {
		Equal(t, step.at.String(), s.spend(step.at, step.n, false), step.wait)
	}
	account, err := s.Spend(t.Context(), Bob.ID, chat.Spending{Deliveries: 1, Now: Noon, Budget: budget})
	Equal(t, "Bob waits", account.Until, time.Time{})
	ErrorIs(t, "Bob", err, nil)
}

func testCaused(t *testing.T, s *Store) {
	Equal(t, "within the burst", s.spend(0, 80, true), 0)
	Equal(t, "beyond it", s.spend(0, 70, true), 5*time.Second)
	Equal(t, "more", s.spend(0, 10, true), 6*time.Second)
	Equal(t, "what has not been caused", s.spend(0, 1000, false), 6*time.Second)
	Equal(t, "afterwards", s.spend(6001*time.Millisecond, 1, false), 0)
}

func testSpendingsAtOnce(t *testing.T, s *Store) {
	var (
		all     sync.WaitGroup
		allowed atomic.Int64
	)
	for range 40 {
		all.Go(func() {
			account, err := s.Spend(t.Context(), Ada.ID, chat.Spending{Deliveries: 10, Now: Noon, Budget: budget})
			if err != nil {
				t.Error(err)
			}
			if account.Until.IsZero() {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	Equal(t, "allowed", allowed.Load(), 10)
}
