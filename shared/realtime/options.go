package realtime

import (
	"log/slog"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Options configure a Server. Store and Gateway are required; every other zero
// value means the default given.
type Options struct {
	Store   store.Store
	Gateway Gateway
	// Handover takes over fan-outs to more than InlineFanout connections.
	// Nil: the emitting function posts them all itself.
	Handover Handover

	// AllowedOrigins are the origins that may open a connection, as in
	// "https://chat.example.com"; "*" allows all. A request without an Origin header
	// (not from a browser) is always allowed.
	AllowedOrigins []string

	// Dispatch says how messages of one connection reach Receive: mode.Concurrent.
	Dispatch mode.Dispatch

	// RouteResponse says what the gateway makes of an empty answer: mode.EveryRouteResponse.
	RouteResponse mode.RouteResponse

	// SweepEvery is the time between two runs of the sweep: one minute. Each
	// connection is visited once in nine runs, a round.
	SweepEvery time.Duration
	// Heartbeat is what a round sends: mode.Alternate.
	Heartbeat mode.Heartbeat
	// PingInterval is the longest time between two pings to one connection: what
	// Heartbeat means. It is at least a round.
	PingInterval time.Duration
	// PingTimeout is how long after a missed ping the client gives up, and after a
	// missed pong the server: 90 s. The server notices within a run of the sweep.
	PingTimeout time.Duration
	// ConnectTimeout is how long a connection may stay without a socket: 45 s. The
	// server notices within a round.
	ConnectTimeout time.Duration
	// Lifetime is how long a connection lives at most: API Gateway's 2 h.
	Lifetime time.Duration

	// Recovery lets clients recover their sessions. Nil: off.
	Recovery *Recovery

	// Rate limits the messages of one connection: 500 in 10 s. All count. Above it, events
	// and CONNECTs are refused with CodeRateLimited, but for binary events, whose parts
	// cannot be refused one by one; above four times of it, the connection is closed.
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

	// OnceFor is how long Once keeps an answer: an hour.
	OnceFor time.Duration

	// Observer hears what operators count. Nil: nobody does.
	Observer Observer
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

func (o Options) withDefaults() Options {
	setDefault(&o.Dispatch, mode.Concurrent)
	setDefault(&o.RouteResponse, mode.EveryRouteResponse)
	setDefault(&o.SweepEvery, time.Minute)
	setDefault(&o.Heartbeat, mode.Alternate)
	setDefault(&o.PingInterval, pingInterval(o.Heartbeat, o.round()))
	o.PingInterval = max(o.PingInterval, o.round())
	setDefault(&o.PingTimeout, 90*time.Second)
	setDefault(&o.ConnectTimeout, 45*time.Second)
	setDefault(&o.Lifetime, 2*time.Hour)
	setDefault(&o.Rate.Messages, 500)
	setDefault(&o.Rate.Per, 10*time.Second)
	setDefault(&o.MaxNamespaces, 16)
	setDefault(&o.Parallel, 64)
	setDefault(&o.InlineFanout, 300)
	setDefault(&o.AckTimeout, 5*time.Second)
	setDefault(&o.OnceFor, time.Hour)
	if o.Recovery != nil {
		r := *o.Recovery
		setDefault(&r.Window, 2*time.Minute)
		o.Recovery = &r
	}
	if o.Observer == nil {
		o.Observer = nobody{}
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
