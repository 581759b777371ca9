package realtime

import (
	"log/slog"
	"time"
)

// Options configure a Server. Store and Gateway are required; every other zero
// value means the default given.
type Options struct {
	Store   Store
	Gateway Gateway
	// Handover takes over fan-outs to more than InlineFanout connections.
	// Nil: the emitting function posts them all itself.
	Handover Handover

	// AllowedOrigins are the origins that may open a connection, as in
	// "https://chat.example.com"; "*" allows all. A request without an Origin header
	// (not from a browser) is always allowed.
	AllowedOrigins []string

	// SweepEvery is the time between two runs of the sweep: one minute.
	SweepEvery time.Duration
	// Heartbeat is what the sweep sends: Alternate.
	Heartbeat Heartbeat
	// PingTimeout is how long after a missed ping the client gives up: 90 s.
	PingTimeout time.Duration
	// ConnectTimeout is how long a connection may stay without a socket: 45 s.
	// The sweep enforces it, so it may take nine sweeps longer.
	ConnectTimeout time.Duration
	// Lifetime is how long a connection lives at most: API Gateway's 2 h.
	Lifetime time.Duration

	// Recovery lets clients recover their sessions. Nil: off.
	Recovery *Recovery

	// Rate limits the messages of one connection: 500 in 10 s. Above it, messages
	// are refused with CodeRateLimited; above four times of it, the connection is
	// closed.
	Rate Rate
	// MaxNamespaces bounds the sockets of one connection: 16.
	MaxNamespaces int

	// Parallel bounds the calls to the gateway or store that one operation has
	// under way at once: 64.
	Parallel int
	// InlineFanout is how many connections a function posts to by itself, and the
	// size of a chunk handed over: 300.
	InlineFanout int
	// AckTimeout is how long EmitWithAck waits unless Timeout says otherwise: 5 s.
	AckTimeout time.Duration

	// Log takes what operators need to know: slog.Default().
	Log *slog.Logger
	// Now is the clock: time.Now.
	Now func() time.Time
}

// Rate is a number of messages in a window of time.
type Rate struct {
	Messages int
	Per      time.Duration
}

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

// pingInterval is the longest time between two pings to one connection.
func (o Options) pingInterval() time.Duration {
	round := Slots * o.SweepEvery
	switch o.Heartbeat {
	case Ping:
		return round
	case Noop:
		// The client's timer must never fire: three weeks are within its 2^31-1 ms.
		return 21 * 24 * time.Hour
	default:
		return 2 * round
	}
}

// pings reports whether the sweep of a round sends pings (rather than noops).
func (o Options) pings(round int64) bool {
	return o.Heartbeat == Ping || o.Heartbeat == Alternate && round%2 == 0
}

func (o Options) withDefaults() Options {
	setDefault(&o.SweepEvery, time.Minute)
	setDefault(&o.Heartbeat, Alternate)
	setDefault(&o.PingTimeout, 90*time.Second)
	setDefault(&o.ConnectTimeout, 45*time.Second)
	setDefault(&o.Lifetime, 2*time.Hour)
	setDefault(&o.Rate.Messages, 500)
	setDefault(&o.Rate.Per, 10*time.Second)
	setDefault(&o.MaxNamespaces, 16)
	setDefault(&o.Parallel, 64)
	setDefault(&o.InlineFanout, 300)
	setDefault(&o.AckTimeout, 5*time.Second)
	if o.Recovery != nil {
		r := *o.Recovery
		setDefault(&r.Window, 2*time.Minute)
		o.Recovery = &r
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
