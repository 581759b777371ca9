package wait

import (
	"context"
	"iter"
	"math/rand/v2"
	"time"
)

// Backoff is a schedule of attempts with growing pauses between them.
type Backoff struct {
	// First is the pause after the first attempt.
	First time.Duration
	// Factor is what a pause grows by: 2 if zero.
	Factor float64
	// Max bounds a pause; zero: no bound.
	Max time.Duration
	// Times bounds the number of attempts; zero: no bound.
	Times int
	// For bounds the time from the first attempt to the last, which is made when the
	// time is over; zero: no bound.
	For time.Duration
	// Jitter makes each pause a random one between half and one and a half of its length, so
	// that those who failed together do not come back together.
	Jitter bool
}

// Attempts yields the numbers of the attempts, from 1, the first one at once. It ends when
// the schedule does, or when ctx is done during a pause. So a loop over it leaves by return
// or break on success, and what follows the loop is the failure:
//
//	for range backoff.Attempts(ctx) {
//		if err = call(ctx); !temporary(err) {
//			return err
//		}
//	}
//	return err
func (b Backoff) Attempts(ctx context.Context) iter.Seq[int] {
	return func(yield func(int) bool) {
		start, pause := time.Now(), b.First
		for attempt := 1; yield(attempt) && attempt != b.Times; attempt++ {
			length := pause
			if b.Jitter {
				length = pause/2 + rand.N(pause)
			}
			if b.For > 0 {
				left := b.For - time.Since(start)
				if left <= 0 {
					return
				}
				length = min(length, left)
			}
			if Sleep(ctx, length) != nil {
				return
			}
			pause = b.grow(pause)
		}
	}
}

func (b Backoff) grow(pause time.Duration) time.Duration {
	factor := b.Factor
	if factor == 0 {
		factor = 2
	}
	pause = time.Duration(float64(pause) * factor)
	if b.Max > 0 {
		pause = min(pause, b.Max)
	}
	return pause
}

// Sleep pauses for a time. It returns the context's error if that is done first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
