package realtime

import (
	"cmp"
	"slices"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// postOrder tells which of two packets the gateway took first for a connection. The processes that
// posted them share no clock but the log's. Each also knows how long it took between two of its own
// calls, and what the log's clock was in some of them. docs/adr/0030 says how that orders posts.
type postOrder []moment

// moment is a call in which a process learned the log's clock.
type moment struct {
	store.Interval
	process string
	clock   int64
	read    bool // otherwise it moved the clock on
}

func readingOf(r *store.Reached) moment { return moment{r.Read, r.Process, r.Since, true} }
func tickOf(r *store.Reached) moment    { return moment{r.Ticked, r.Process, r.Clock, false} }

// measured reports whether a fan-out told when it made its calls. A version before did not.
func measured(r *store.Reached) bool { return r.Ticked.Ended > 0 }

// compare orders moments as the table answered them. Readings of the same clock are equal.
func (m moment) compare(other moment) int {
	if c := cmp.Compare(m.clock, other.clock); c != 0 || m.read == other.read {
		return c
	}
	if m.read {
		return 1
	}
	return -1
}

// orderOf returns the order of posts that follows from what is known of packets.
func orderOf(packets map[string]*store.LoggedPacket) postOrder {
	known := map[moment]bool{} // a packet may be in several logs, and a fan-out of several parts
	for _, p := range packets {
		for i := range p.Reached {
			if r := &p.Reached[i]; measured(r) {
				known[readingOf(r)], known[tickOf(r)] = true, true
			}
		}
	}
	order := make(postOrder, 0, len(known))
	for m := range known {
		order = append(order, m)
	}
	slices.SortFunc(order, func(a, b moment) int { return cmp.Or(a.compare(b), cmp.Compare(a.Began, b.Began)) })
	return order
}

// isBefore reports whether the gateway has certainly taken packet a for a connection before it took
// packet b.
func (o postOrder) isBefore(a, b *store.Reached, connectionID string) bool {
	postA, postB := a.Posted[connectionID], b.Posted[connectionID]
	switch {
	case a.Clock <= b.Since:
		return true
	case !measured(a) || !measured(b):
		return false
	case a.Process == b.Process:
		return postA.Ended < postB.Began
	}
	for m, since := range o.since(a, postA.Ended) {
		// In between the process may have been frozen, so that it was longer. After its post it
		// went on to its tick.
		if m.process == b.Process && (m.Ended <= postB.Began || m == tickOf(b)) && since+postB.Began-m.Ended > 0 {
			return true
		}
	}
	return false
}

// since yields moments, and how much later than the end of a post of a they were at least: a
// negative number if they may have been earlier.
func (o postOrder) since(a *store.Reached, ended int64) func(yield func(m moment, atLeast int64) bool) {
	return func(yield func(moment, int64) bool) {
		const unknown = -1 << 62
		began, _ := slices.BinarySearchFunc(o, readingOf(a), moment.compare)
		// earlier is of all moments before those that are equal to m, and equal of all up to m.
		earlier, equal := int64(unknown), int64(unknown)
		byProcess := map[string]int64{} // how much earlier its process was started
		for i, m := range o[began:] {
			if i > 0 && o[began+i-1].compare(m) < 0 {
				earlier = equal
			}
			since := earlier
			if started, ok := byProcess[m.process]; ok {
				since = max(since, started+m.Began)
			}
			if m == readingOf(a) || m == tickOf(a) {
				since = max(since, m.Began-ended)
			}
			if since == unknown {
				continue
			}
			if !yield(m, since) {
				return
			}
			equal = max(equal, since)
			if started, ok := byProcess[m.process]; !ok || since-m.Ended > started {
				byProcess[m.process] = since - m.Ended
			}
		}
	}
}
