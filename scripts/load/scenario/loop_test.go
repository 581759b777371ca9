package scenario

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
)

func TestALoopStopsByItselfAndCountsWhatWasDone(t *testing.T) {
	var done atomic.Int64
	m, err := loop(t.Context(), server.At("http://localhost"), Load{Duration: 50 * time.Millisecond}, 3, func(ctx context.Context, _ int) error {
		done.Add(1)
		pause(ctx, time.Millisecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(m.took.Count()); m.all != done.Load() || n == 0 || n > m.all || m.known {
		t.Errorf("%d of %d were measured, and %d done; use known: %v", n, m.all, done.Load(), m.known)
	}
}

func TestARateBoundsALoop(t *testing.T) {
	const rate, workers = 10, 5
	start := time.Now()
	l := Load{Duration: time.Second, Rate: rate}
	m, err := loop(t.Context(), server.At("http://localhost"), l, workers, func(context.Context, int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	// One at once, then as many as the rate allows, and those that had waited for it.
	if most := 1 + rate*time.Since(start).Seconds() + workers; m.all < 1 || float64(m.all) > most {
		t.Errorf("%d were done, and at most %v may be", m.all, most)
	}
}

func TestALoopStopsAtTheFirstError(t *testing.T) {
	refused := errors.New("refused")
	var calls atomic.Int64
	_, err := loop(t.Context(), server.At("http://localhost"), Load{Duration: time.Minute}, 4, func(ctx context.Context, worker int) error {
		if calls.Add(1) == 4 {
			return refused
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, refused) {
		t.Error(err)
	}
}
