package wait

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// schedule returns when the attempts of a backoff are made.
func schedule(ctx context.Context, b Backoff) (at []time.Duration) {
	start := time.Now()
	for range b.Attempts(ctx) {
		at = append(at, time.Since(start))
	}
	return at
}

func TestPausesGrowUpToTheirBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cases := []struct {
			backoff Backoff
			want    []time.Duration
		}{
			{Backoff{First: 1, Times: 4}, []time.Duration{0, 1, 3, 7}},
			{Backoff{First: 2, Factor: 1.5, Max: 4, Times: 5}, []time.Duration{0, 2, 5, 9, 13}},
			{Backoff{First: 4, For: 10}, []time.Duration{0, 4, 10}},
			{Backoff{First: 1, Times: 1}, []time.Duration{0}},
		}
		for _, c := range cases {
			if got := schedule(t.Context(), c.backoff); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v: attempts at %v, want %v", c.backoff, got, c.want)
			}
		}
	})
}

func TestJitterKeepsBetweenHalfAndOneAndAHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		differ := map[time.Duration]bool{}
		for range 50 {
			at := schedule(t.Context(), Backoff{First: time.Second, Times: 2, Jitter: true})
			if at[1] < time.Second/2 || at[1] > 3*time.Second/2 {
				t.Fatalf("a pause of %v", at[1])
			}
			differ[at[1]] = true
		}
		if len(differ) < 2 {
			t.Error("all pauses are equal")
		}
	})
}

func TestAttemptsEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10)
		defer cancel()
		if got := len(schedule(ctx, Backoff{First: 4})); got != 2 {
			t.Errorf("%d attempts within the time of 2", got)
		}
		if err := Sleep(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("sleep: %v", err)
		}
	})
}

func TestForEachBoundsWhatRunsAtOnceAndJoinsErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, calls atomic.Int64
		odd := errors.New("odd")
		err := ForEach(t.Context(), 3, []int{1, 2, 3, 4, 5, 6, 7}, func(ctx context.Context, i int) error {
			calls.Add(1)
			now := running.Add(1)
			defer running.Add(-1)
			for {
				before := most.Load()
				if now <= before || most.CompareAndSwap(before, now) {
					break
				}
			}
			_ = Sleep(ctx, time.Second)
			if i%2 == 1 {
				return odd
			}
			return nil
		})
		if calls.Load() != 7 || most.Load() != 3 {
			t.Errorf("%d calls, at most %d at once", calls.Load(), most.Load())
		}
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) != 4 {
			t.Errorf("errors: %v", err)
		}
	})
	if err := ForEach(t.Context(), 3, nil, func(context.Context, int) error { return errors.New("called") }); err != nil {
		t.Error(err)
	}
}
