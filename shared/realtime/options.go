package realtime

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Options configure a Server. Store and Gateway are required. The zero value of any other
// field means the default that its comment names.
type Options struct {
	Store   store.Store
	Gateway Gateway
	// Handover takes over fan-outs to more than InlineFanout connections. If it is nil, the
	// emitting function posts to all of them itself.
	Handover Handover

	// Pace is how fast large fan-outs are posted; see Pace for the defaults.
	Pace Pace

	// SweepHandover takes over parts of a sweep that are more than a page. If it is nil, the sweep
	// visits them all itself.
	SweepHandover SweepHandover

	// AllowedOrigins are the origins that may open a connection, as in
	// "https://chat.example.com"; "*" allows all. A request without an Origin header
	// (not from a browser) is always allowed.
	AllowedOrigins []string

	// Headers are the names of further headers to keep in Socket.Handshake, in any case; "*"
	// keeps all. Always kept are Host, Origin, User-Agent, Accept-Language and
	// X-Forwarded-For. What is kept is stored as long as the connection lives, cookies too.
	Headers []string

	// Dispatch is how messages of one connection reach Receive: mode.Concurrent.
	Dispatch mode.Dispatch

	// RouteResponse says whether API Gateway forwards an empty route response as an empty
	// frame: mode.EveryRouteResponse.
	RouteResponse mode.RouteResponse

	// SweepEvery is the time between two runs of the sweep: one minute. Each
	// connection is visited once in nine runs, a round.
	SweepEvery time.Duration
	// Heartbeat is what a round sends to quiet connections: mode.Alternate.
	Heartbeat mode.Heartbeat
	// PingInterval is the longest time between two pings to one connection: as Heartbeat
	// implies. It is at least a round.
	PingInterval time.Duration
	// PingTimeout is how long the client waits for a ping that is due, and the server for
	// a pong: 90 s. The server notices within one run of the sweep.
	PingTimeout time.Duration
	// ConnectTimeout is how long a connection may stay without a socket: 45 s. The
	// server notices within two minutes.
	ConnectTimeout time.Duration
	// Lifetime is how long a connection lives at most: API Gateway's 2 h.
	Lifetime time.Duration

	// HandlerDeadline is when the handlers of a message must have returned, from its arrival
	// at the gateway on: 25 s. Then their context is done, and if they go on the client is answered without
	// them. API Gateway waits 29 s, and then sends an error frame that cuts the client off.
	HandlerDeadline time.Duration

	// Recovery lets clients recover their sessions: off if it is nil.
	Recovery *Recovery

	// Rate limits the messages of one connection: 500 in 10 s. Every message counts. Above
	// the limit, events and CONNECTs are refused with CodeRateLimited, except binary events,
	// whose frames cannot be refused one by one. Above four times the limit, the connection
	// is closed.
	Rate Rate
	// MaxUnjoined bounds the messages of a connection before its first socket: 50. Above it,
	// the connection is closed.
	MaxUnjoined int
	// MaxNamespaces bounds the sockets of one connection: 16.
	MaxNamespaces int
	// MaxRooms bounds the rooms of one socket: 200.
	MaxRooms int

	// Parallel bounds the concurrent calls to the gateway or store of one operation: 64.
	Parallel int
	// InlineFanout is how many connections a function posts to by itself, and the
	// size of a chunk handed over: 300.
	InlineFanout int
	// AckTimeout is how long EmitWithAck waits unless Timeout says otherwise: 5 s.
	AckTimeout time.Duration

	// OnceFor is how long Once keeps an answer: an hour.
	OnceFor time.Duration

	// Observer is told what operators count: none.
	Observer Observer
	// ClientErrors says how what clients do wrong is logged: mode.QuietClientErrors.
	ClientErrors mode.ClientErrors
	// Log is for operators: slog.Default().
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
	o.Dispatch = cmp.Or(o.Dispatch, mode.Concurrent)
	o.RouteResponse = cmp.Or(o.RouteResponse, mode.EveryRouteResponse)
	o.SweepEvery = cmp.Or(o.SweepEvery, time.Minute)
	o.Heartbeat = cmp.Or(o.Heartbeat, mode.Alternate)
	o.PingInterval = cmp.Or(o.PingInterval, pingInterval(o.Heartbeat, o.round()))
	o.PingInterval = max(o.PingInterval, o.round())
	o.PingTimeout = cmp.Or(o.PingTimeout, 90*time.Second)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 45*time.Second)
	o.Lifetime = cmp.Or(o.Lifetime, 2*time.Hour)
	o.HandlerDeadline = cmp.Or(o.HandlerDeadline, 25*time.Second)
	o.Rate.Messages = cmp.Or(o.Rate.Messages, 500)
	o.Rate.Per = cmp.Or(o.Rate.Per, 10*time.Second)
	o.MaxUnjoined = cmp.Or(o.MaxUnjoined, 50)
	o.MaxNamespaces = cmp.Or(o.MaxNamespaces, 16)
	o.MaxRooms = cmp.Or(o.MaxRooms, 200)
	o.Parallel = cmp.Or(o.Parallel, 64)
	o.InlineFanout = cmp.Or(o.InlineFanout, 300)
	o.AckTimeout = cmp.Or(o.AckTimeout, 5*time.Second)
	o.OnceFor = cmp.Or(o.OnceFor, time.Hour)
	o.Pace = o.Pace.withDefaults()
	if o.Recovery != nil {
		r := *o.Recovery
		r.Window = cmp.Or(r.Window, 2*time.Minute)
		o.Recovery = &r
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
