package cloud

import (
	"time"

	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Deadlines are the engine's. Here they may be as short as a few milliseconds, because the
// sweep does not wait for a full minute. Zero values are the engine's defaults.
type Deadlines struct {
	// PingInterval is the time between two pings to a connection.
	PingInterval time.Duration
	// PingTimeout is how long both sides wait after a missed ping or pong.
	PingTimeout time.Duration
	// ConnectTimeout is how long a connection may stay without a socket.
	ConnectTimeout time.Duration
}

// shortestTick bounds how often the sweep runs.
const shortestTick = 2 * time.Millisecond

// sweepEvery returns how often the sweep must run to keep the deadlines. Nine runs visit
// every connection, and one visits a pinged connection again after the timeout.
func (d Deadlines) sweepEvery() time.Duration {
	every := time.Minute
	for _, round := range []time.Duration{d.PingInterval, d.ConnectTimeout, store.Slots * d.PingTimeout} {
		if round > 0 {
			every = min(every, round/store.Slots)
		}
	}
	return max(every.Truncate(time.Millisecond), shortestTick)
}

// environment returns the deadlines as environment variables of functions.
func (d Deadlines) environment() map[string]string {
	environment := map[string]string{}
	for name, value := range map[string]time.Duration{
		names.EnvPingInterval:   d.PingInterval,
		names.EnvPingTimeout:    d.PingTimeout,
		names.EnvConnectTimeout: d.ConnectTimeout,
	} {
		if value > 0 {
			environment[name] = value.String()
		}
	}
	return environment
}
