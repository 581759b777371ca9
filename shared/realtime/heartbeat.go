package realtime

import (
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// idleMargin is how long a connection may receive nothing: a minute less than API Gateway's
// idle timeout.
const idleMargin = 9 * time.Minute

// pingInterval returns the time between two pings.
func pingInterval(h mode.Heartbeat, round time.Duration) time.Duration {
	switch h {
	case mode.Ping:
		return round
	case mode.Noop:
		// The client's timer must never fire: three weeks are within its 2^31-1 ms.
		return 21 * 24 * time.Hour
	default:
		return 2 * round
	}
}

// opening is the longest time that a connection may be without its OPEN frame. It is less than
// the client's ping timeout.
func (o Options) opening() time.Duration { return min(o.PingTimeout/2, openPatience) }

// tick returns the number of a run of the sweep.
func (o Options) tick(scheduled time.Time) int64 {
	return scheduled.UnixMilli() / o.SweepEvery.Milliseconds()
}

// runsToAnswer is after how many runs of the sweep the time for an answer to a ping is over.
func (o Options) runsToAnswer() int64 {
	return int64((o.PingTimeout + o.SweepEvery - 1) / o.SweepEvery)
}

// round is the time in which the sweep visits every connection once.
func (o Options) round() time.Duration { return store.Slots * o.SweepEvery }

// pings reports whether a round sends pings.
func (o Options) pings(round int64) bool {
	return o.Heartbeat != mode.Noop && round%o.rounds(o.PingInterval) == 0
}

// beat returns the frame that a round sends, or "".
func (o Options) beat(round int64) string {
	switch {
	case o.pings(round):
		return engineio.PingFrame
	case round%o.rounds(idleMargin) == 0:
		return engineio.NoopFrame
	}
	return ""
}

// rounds returns the number of rounds in a time, at least one.
func (o Options) rounds(d time.Duration) int64 {
	return max(1, int64(d/o.round()))
}
