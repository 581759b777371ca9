package realtime_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// The true times are known here only. What is concluded without them must be right.
func TestAPostIsTakenForTheEarlierOfTwoOnlyIfItWas(t *testing.T) {
	var pairs, ordered, byTheClock int
	for seed := range uint64(100) {
		fanouts, taken := fanoutsOf(rand.New(rand.NewPCG(1, seed)))
		for a := range fanouts {
			for b := range fanouts {
				before := a != b && realtime.IsPostBefore(fanouts, a, b, "c")
				if before && taken[a] > taken[b] {
					t.Fatalf("seed %d: %+v is taken for earlier than %+v", seed, fanouts[a], fanouts[b])
				}
				if taken[a] < taken[b] {
					pairs++
				}
				if before {
					ordered++
				}
				if a != b && fanouts[a].Clock <= fanouts[b].Since {
					byTheClock++
				}
			}
		}
	}
	t.Logf("%d pairs: %d are ordered, %d of them by the log's clock alone", pairs, ordered, byTheClock)
	if 4*(pairs-ordered) > 3*(pairs-byTheClock) {
		t.Errorf("%d pairs: %d are ordered, %d of them by the log's clock alone", pairs, ordered, byTheClock)
	}
}

// fanoutsOf returns fan-outs to a connection by several processes, some of them slow, and when the
// gateway took the post of each. The clocks of the processes differ, and stand while they are frozen.
func fanoutsOf(random *rand.Rand) (fanouts []store.Reached, taken []int64) {
	const processes, each = 4, 6
	var calls []tableCall
	fanouts, taken = make([]store.Reached, processes*each), make([]int64, processes*each)
	var now, ahead int64
	// run lets time pass, and returns when that was by the clock of the process.
	run := func() (i store.Interval) {
		i.Began = now + ahead
		now += 1 + random.Int64N([]int64{2, 100, 5000}[random.IntN(3)])
		i.Ended = now + ahead
		return i
	}
	during := func(i store.Interval) int64 { // often at once, or at the end
		took := i.Ended - i.Began
		return i.Began - ahead + min(took, max(0, random.Int64N(3*took+1)-took))
	}
	for i := range fanouts {
		f := &fanouts[i]
		f.Process = fmt.Sprint("process", i/each)
		if i%each == 0 {
			now, ahead = random.Int64N(20_000), random.Int64N(1_000_000)
		}
		if idle := run(); random.IntN(2) == 0 {
			ahead -= random.Int64N(idle.Ended - idle.Began)
		}
		f.Read = run()
		calls = append(calls, tableCall{during(f.Read), &f.Since, false})
		run() // posts to others
		post := run()
		taken[i] = during(post)
		f.Posted = map[string]store.Interval{"c": post}
		run() // posts to others
		f.Ticked = run()
		calls = append(calls, tableCall{during(f.Ticked), &f.Clock, true})
	}
	slices.SortFunc(calls, func(a, b tableCall) int { return cmp.Compare(a.at, b.at) })
	clock := int64(1000)
	for _, c := range calls {
		if c.ticks {
			clock++
		}
		*c.answer = clock
	}
	return fanouts, taken
}

// tableCall is a call that reads the log's clock, or moves it on.
type tableCall struct {
	at     int64 // when the table answers it
	answer *int64
	ticks  bool
}
