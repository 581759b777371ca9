// Package gateway stands in for Amazon API Gateway: a WebSocket API with the routes
// $connect, $disconnect and $default, its @connections API, and an HTTP API. It has AWS's
// limits, close codes, events and error texts; its tests name each of them. Enter at [New].
package gateway

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Functions runs the functions behind the routes; host.Host does.
//
// If an error of Invoke has a method Throttled that returns true, the function has not run.
type Functions interface {
	Invoke(ctx context.Context, function string, payload []byte) (result []byte, delivered func(), err error)
}

// Routes are the functions behind the routes. A route without a function does not exist.
type Routes struct {
	Connect, Disconnect, Default string
	// OneWay is a $default without a route response: what its function answers is dropped.
	OneWay bool
	// HTTP are the routes of the HTTP API.
	HTTP []HTTPRoute
	// CORS allows pages of other origins to use the HTTP API; nil: none.
	CORS *CORS
}

// RequestTimes says whether two messages of one connection may have the same request time,
// in milliseconds. AWS does not document it.
type RequestTimes string

const (
	// DistinctTimes gives each message of a connection a later time than the previous one.
	DistinctTimes RequestTimes = "distinct"
	// ClockTimes takes the times from the clock, so messages sent together may share one.
	ClockTimes RequestTimes = "clock"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *RequestTimes) UnmarshalText(text []byte) error {
	return mode.Parse(t, text, DistinctTimes, ClockTimes)
}

// MarshalText implements encoding.TextMarshaler.
func (t RequestTimes) MarshalText() ([]byte, error) { return []byte(t), nil }

// Options configure a Gateway. Functions and Routes are required.
type Options struct {
	Functions Functions
	Routes    Routes
	// Stage is the stage's name: "local".
	Stage string
	// IdleTimeout and Lifetime bound a connection: ten minutes and two hours.
	IdleTimeout, Lifetime time.Duration
	// PingsKeepAlive makes a client's WebSocket pings reset the idle timer. AWS does not
	// document it; assume that they do not.
	PingsKeepAlive bool
	// IntegrationTimeout is how long the gateway waits for a route's function: 29 s.
	IntegrationTimeout time.Duration
	// Dispatch says how messages of one connection are handled: mode.Concurrent.
	Dispatch mode.Dispatch
	// RequestTimes is DistinctTimes.
	RequestTimes RequestTimes
	// RouteResponse says what is done with an empty answer: mode.EveryRouteResponse.
	RouteResponse mode.RouteResponse
	// Quotas bound the rates of requests: none by default. AccountQuotas are AWS's.
	Quotas Quotas
	// Throttle bounds connections and messages, and HTTPThrottle the requests of the HTTP API:
	// none by default. A message above it is answered with an error frame, a new connection or
	// an HTTP request with 429.
	Throttle, HTTPThrottle Throttle
	// SendBuffer is how many bytes may wait for a slow client; then posts are refused with
	// 429. It is 1 MB; AWS does not document its own.
	SendBuffer int
	// Simulated, if set, takes posts to connections without a socket. It reports whether there is one of
	// this id. So one machine can have more receivers than it could open.
	Simulated func(connectionID string, frame []byte) bool
	Meter     *meter.Meter
	Log       *slog.Logger
	// Frame gets each text frame of a client, and to one. Nil: none.
	Frame func(connectionID string, fromClient bool, frame string)
	// Trace gets a line for each event of a connection, for a log.
	Trace func(connectionID, line string)
	// Describe names a message for Trace and leaves its content out.
	Describe func(message string) string
}

// Gateway is safe for concurrent use.
type Gateway struct {
	options Options
	apiID   string
	// requests and connects enforce the quotas, socketStage and httpStage the throttle.
	requests, connects, socketStage, httpStage *rate.Limiter

	// starting and ending have a place for each $connect and $disconnect that is handled at once.
	starting, ending chan struct{}

	// http are the routes of the HTTP API.
	http atomic.Pointer[[]HTTPRoute]

	mistakes *mistakes
	// running counts the goroutines of connections and invocations.
	running sync.WaitGroup

	mu          sync.Mutex
	connections map[string]*connection
	closed      bool
}

// New returns a gateway.
func New(o Options) *Gateway {
	setDefault(&o.Stage, "local")
	setDefault(&o.IdleTimeout, 10*time.Minute)
	setDefault(&o.Lifetime, 2*time.Hour)
	setDefault(&o.IntegrationTimeout, 29*time.Second)
	setDefault(&o.Dispatch, mode.Concurrent)
	setDefault(&o.RequestTimes, DistinctTimes)
	setDefault(&o.RouteResponse, mode.EveryRouteResponse)
	setDefault(&o.SendBuffer, 1<<20)
	if o.Meter == nil {
		o.Meter = &meter.Meter{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Trace == nil {
		o.Trace = func(string, string) {}
	}
	if o.Frame == nil {
		o.Frame = func(string, bool, string) {}
	}
	if o.Describe == nil {
		o.Describe = func(string) string { return "message" }
	}
	g := &Gateway{
		options:     o,
		apiID:       "local",
		requests:    newLimiter(o.Quotas.Requests, o.Quotas.Burst),
		connects:    newLimiter(o.Quotas.Connects, o.Quotas.Connects),
		socketStage: newLimiter(o.Throttle.Rate, o.Throttle.Burst),
		httpStage:   newLimiter(o.HTTPThrottle.Rate, o.HTTPThrottle.Burst),
		starting:    make(chan struct{}, maxAtOnce),
		ending:      make(chan struct{}, maxAtOnce),
		mistakes:    newMistakes(),
		connections: map[string]*connection{},
	}
	g.SetHTTPRoutes(o.Routes.HTTP)
	return g
}

// SetHTTPRoutes replaces the routes of the HTTP API.
func (g *Gateway) SetHTTPRoutes(routes []HTTPRoute) { g.http.Store(&routes) }

// maxAtOnce is how many $connect are handled at once, and how many $disconnect. Of thousands that come
// together the others wait, because this machine is all of AWS: done at once, they would take longer, and
// as much memory as all of them need.
const maxAtOnce = 100

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Close ends all connections with 1001. It waits until $disconnect of each is handled, or
// until the context ends.
func (g *Gateway) Close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	open := slices.Collect(maps.Values(g.connections))
	g.mu.Unlock()
	for _, c := range open {
		c.end(goingAway)
	}
	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("connections are still ending: %w", ctx.Err())
	}
}

// begin counts a handshake as running, unless the gateway is closed.
func (g *Gateway) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.running.Add(1)
	}
	return !g.closed
}

// find returns an open connection: after $connect has returned, and before its end.
func (g *Gateway) find(id string) (*connection, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.connections[id]
	return c, ok
}

// add registers a connection. It reports whether the gateway was closed during the
// handshake.
func (g *Gateway) add(c *connection) (closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.connections[c.id] = c
	g.running.Add(1) // the reader
	return g.closed
}

func (g *Gateway) remove(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.connections, id)
}

// newID returns an id for a connection, request or message in AWS's form: eleven bytes in
// URL-safe base64 with padding, 16 characters.
func newID() string {
	return base64.URLEncoding.EncodeToString(randomBytes(11))
}

// validID reports whether an id has the form of newID.
func validID(id string) bool {
	b, err := base64.URLEncoding.DecodeString(id)
	return err == nil && len(b) == 11
}
