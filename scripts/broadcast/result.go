package main

import (
	"fmt"
	"time"

	"github.com/confab-chat/confab/scripts/local/meter"
)

// result is what became of one broadcast.
type result struct {
	// receivers are those who should hear it; once, twice (or more often) and never are how many did.
	receivers, once, twice, never int
	// refused are the posts that the gateway answered with 429.
	refused int64
	// first is when the first post came, acknowledged when the emitting client was answered, and all when
	// the last post came.
	first, acknowledged, all time.Duration
	// rate is how many posts a second came, and allowed how many may. most came within one second.
	rate          float64
	allowed, most int
	invocations   int64
	dollars       float64
}

// add adds what follows from the times of the posts, and from the meter.
func (r *result) add(start time.Time, posts []time.Time, m meter.Report) {
	for _, call := range m.Calls {
		if call.Operation == "PostToConnection" {
			r.refused += call.Failed
		}
	}
	for _, i := range m.Invocations {
		r.invocations += i.Count
	}
	r.dollars = m.Dollars.Total
	if len(posts) == 0 {
		return
	}
	first, last := posts[0], posts[len(posts)-1]
	r.first, r.all = first.Sub(start), last.Sub(start)
	r.rate = float64(len(posts)) / last.Sub(first).Seconds()
	from := 0
	for to, at := range posts {
		for at.Sub(posts[from]) > time.Second {
			from++
		}
		r.most = max(r.most, to-from+1)
	}
}

const heading = "receivers    once  twice  never  refused  first post  acknowledged      all  posts/s  of the rate  most in 1 s  invocations  dollars"

// String returns a line below heading.
func (r result) String() string {
	return fmt.Sprintf("%9d %7d %6d %6d %8d %10.2fs %12.2fs %7.1fs %8.0f %11.0f%% %12d %12d %8.4f",
		r.receivers, r.once, r.twice, r.never, r.refused, r.first.Seconds(), r.acknowledged.Seconds(), r.all.Seconds(),
		r.rate, 100*r.rate/float64(r.allowed), r.most, r.invocations, r.dollars)
}
