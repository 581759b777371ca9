// Package gateway stands in for Amazon API Gateway: a WebSocket API with one route
// each for $connect, $disconnect and $default (with a route response), its
// @connections API, and an HTTP API. It keeps AWS's limits, closes, events and
// error texts; the tests name each. Enter at [New].
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Functions runs the functions behind the routes; host.Host does.
type Functions interface {
	Invoke(ctx context.Context, function string, payload []byte) (result []byte, delivered func(), err error)
}

// Routes are the names of the functions behind the routes. An empty name is a route
// that does not exist.
type Routes struct {
	Connect, Disconnect, Default string
	// OneWay is a $default without a route response: what its function answers is dropped.
	OneWay bool
	// HTTP are the routes of the HTTP API.
	HTTP []HTTPRoute
	// CORS is what the HTTP API allows pages of other origins; nil: nothing.
	CORS *CORS
}

// RequestTimes says how close the request times of two messages of one connection
// may be. They have milliseconds, and AWS does not say whether two can be equal.
type RequestTimes string

const (
	// DistinctTimes gives each message of a connection a later time than the one
	// before it.
	DistinctTimes RequestTimes = "distinct"
	// ClockTimes takes them from the clock, so that messages sent at once share one.
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
	// IdleTimeout and Lifetime end connections: ten minutes and two hours.
	IdleTimeout, Lifetime time.Duration
	// PingsKeepAlive makes a client's WebSocket pings reset the idle timer. (Whether
	// they do on AWS is not known; assume not.)
	PingsKeepAlive bool
	// IntegrationTimeout is how long the gateway waits for a route's function: 29 s.
	IntegrationTimeout time.Duration
	// Dispatch says how messages of one connection are handled: mode.Concurrent.
	Dispatch mode.Dispatch
	// RequestTimes is DistinctTimes.
	RequestTimes RequestTimes
	// RouteResponse says what is done with an empty answer: mode.EveryRouteResponse.
	RouteResponse mode.RouteResponse
	// Quotas are rates that are refused above: none by default; AccountQuotas are
	// AWS's.
	Quotas Quotas
	// SendBuffer is how many bytes may wait for a slow client before posts are
	// refused with 429: 1 MB. (AWS does not say how many there.)
	SendBuffer int
	Meter      *meter.Meter
	Log        *slog.Logger
	// Trace is told what happens on a connection, for people to follow.
	Trace func(connectionID, what string)
	// Describe says in a few words what a message is, for Trace, without telling its
	// content.
	Describe func(message string) string
}

// Gateway is safe for concurrent use.
type Gateway struct {
	options Options
	apiID   string
	// requests and connects are what is left of the quotas.
	requests, connects *rate.Limiter
	// running are the goroutines of connections and invocations.
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
	if o.Describe == nil {
		o.Describe = func(string) string { return "message" }
	}
	return &Gateway{
		options:     o,
		apiID:       "local",
		requests:    newLimiter(o.Quotas.Requests, o.Quotas.Burst),
		connects:    newLimiter(o.Quotas.Connects, o.Quotas.Connects),
		connections: map[string]*connection{},
	}
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Close ends all connections with 1001, and waits until their $disconnect has been
// handled, as long as the context allows.
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
		return fmt.Errorf("connections still end: %w", ctx.Err())
	}
}

// begin counts a handshake as running, unless the gateway has closed.
func (g *Gateway) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.running.Add(1)
	}
	return !g.closed
}

// find returns a connection whose $connect has returned and that has not ended.
func (g *Gateway) find(id string) (*connection, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.connections[id]
	return c, ok
}

// add makes a connection known, and reports whether the gateway has closed since its
// handshake began.
func (g *Gateway) add(c *connection) (closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.connections[c.id] = c
	g.running.Add(2) // the reader and the writer
	return g.closed
}

func (g *Gateway) remove(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.connections, id)
}

// newID returns an id of AWS's form, as of connections, requests and messages: eleven
// bytes in URL-safe base64 with its padding, 16 characters.
func newID() string {
	b := make([]byte, 11)
	_, _ = rand.Read(b)
	return base64.URLEncoding.EncodeToString(b)
}

// wellFormed reports whether an id has that form.
func wellFormed(id string) bool {
	b, err := base64.URLEncoding.DecodeString(id)
	return err == nil && len(b) == 11
}
