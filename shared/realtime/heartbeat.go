package realtime

import (
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Heartbeat is what keeps a quiet connection past API Gateway's idle timeout.
type Heartbeat string

const (
	// Alternate sends a ping and a noop in turn: two billed messages less than
	// Ping in each round, and a client still notices a dead line within two rounds.
	Alternate Heartbeat = "alternate"
	// Ping sends a ping every round: the client answers with a pong.
	Ping Heartbeat = "ping"
	// Noop sends a frame that the client ignores: one billed message a round, but a
	// client never notices a line that died silently.
	Noop Heartbeat = "noop"
)

// idleMargin is how long a connection may hear nothing: a minute less than API
// Gateway's idle timeout.
const idleMargin = 9 * time.Minute

// pingInterval returns the time between two pings.
func (h Heartbeat) pingInterval(round time.Duration) time.Duration {
	switch h {
	case Ping:
		return round
	case Noop:
		// The client's timer must never fire: three weeks are within its 2^31-1 ms.
		return 21 * 24 * time.Hour
	default:
		return 2 * round
	}
}

// opening is how long a connection may be without its OPEN frame, at most. It is less than
// what a client waits for beyond its ping interval.
func (o Options) opening() time.Duration { return min(o.PingTimeout/2, openPatience) }

// round is the time in which the sweep visits every connection.
func (o Options) round() time.Duration { return store.Slots * o.SweepEvery }

// pings reports whether a round sends pings.
func (o Options) pings(round int64) bool {
	return o.Heartbeat != Noop && round%o.rounds(o.PingInterval) == 0
}

// beat returns what a round sends, or "".
func (o Options) beat(round int64) string {
	switch {
	case o.pings(round):
		return engineio.PingFrame
	case round%o.rounds(idleMargin) == 0:
		return engineio.NoopFrame
	}
	return ""
}

// rounds returns how many rounds there are in a time, at least one.
func (o Options) rounds(d time.Duration) int64 {
	return max(1, int64(d/o.round()))
}
