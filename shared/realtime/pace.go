package realtime

import (
	"cmp"
	"hash/fnv"
	"time"

	"golang.org/x/time/rate"
)

// Pace says how fast large fan-outs are posted, all of an account together. Functions that emit and
// functions that deliver must have the same.
//
// Large fan-outs are posted in lanes. A connection is always in the same one, and a lane posts one
// chunk after the other, in the order in which they were handed over, at its share of the rate.
type Pace struct {
	// PerSecond is how many posts are made a second: 6,000, which is 60 % of the requests that API
	// Gateway allows an account. The rest is for clients and for small fan-outs.
	PerSecond int
	// Deadline is how long a post is repeated that the gateway refuses, from its first turn on: 30 s.
	Deadline time.Duration
}

func (p Pace) withDefaults() Pace {
	p.PerSecond = cmp.Or(p.PerSecond, 6000)
	p.Deadline = cmp.Or(p.Deadline, 30*time.Second)
	return p
}

// lanePosts is how many posts a second one lane makes at most. One function makes them easily.
const lanePosts = 1000

// Lanes returns the number of lanes.
func (p Pace) Lanes() int { return (p.PerSecond + lanePosts - 1) / lanePosts }

// laneOf returns the lane of a connection.
func (p Pace) laneOf(connectionID string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(connectionID))
	return int(h.Sum32() % uint32(p.Lanes()))
}

// limiters returns one limiter for each lane. A lane catches up with a pause between two chunks,
// as long as that is not longer than a quarter of a second.
func (p Pace) limiters() []*rate.Limiter {
	limiters := make([]*rate.Limiter, p.Lanes())
	share := float64(p.PerSecond) / float64(len(limiters))
	for i := range limiters {
		limiters[i] = rate.NewLimiter(rate.Limit(share), max(1, int(share/4)))
	}
	return limiters
}
