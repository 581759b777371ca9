package realtimetest

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Server runs handlers and opens connections to them. It is safe for concurrent use.
type Server struct {
	// Clock is the time that handlers and the store see. It starts at the time of the test,
	// so that tokens are valid. Each connection, message, end and emit takes a millisecond.
	Clock   *Clock
	Gateway *Gateway

	t        testing.TB
	options  realtime.Options
	register func(*realtime.Server)
	warm     *realtime.Server // the only instance, if it is to be kept
	opened   atomic.Int64
}

// Options configure a Server.
type Options struct {
	// Options are those of the engine. Store is a memstore, Gateway the Server's, Now its
	// clock's, and Log the test's output; a test may put others in their place, or around
	// them. A store of one's own tells the time by Now.
	realtime.Options
	// KeepInstance makes one function instance handle all messages, so that it keeps its
	// memory. False: see [New].
	KeepInstance bool
}

// New returns a server with the handlers that register adds.
//
// Unless Options.KeepInstance is set, each connection, message and end is handled by a new
// realtime.Server, to which register adds the handlers anew: a variable that register
// declares is lost after each message, as it may be on AWS, where two messages may meet two
// function instances. Variables of a package are not reset, and neither are those that
// register only refers to, so that a test can see what its handlers did.
func New(t testing.TB, register func(*realtime.Server), options ...func(*Options)) *Server {
	t.Helper()
	s := &Server{Clock: NewClock(time.Now()), Gateway: NewGateway(), t: t, register: register}
	o := Options{Options: realtime.Options{
		Store:   memstore.New(s.Clock.Now),
		Gateway: s.Gateway,
		Now:     s.Clock.Now,
		Log:     slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}}
	for _, set := range options {
		set(&o)
	}
	s.options = o.Options
	if o.KeepInstance {
		s.warm = s.newInstance()
	}
	return s
}

// Instance returns a server as a function instance has it that is about to be invoked: to
// emit something from the outside, for example.
func (s *Server) Instance() *realtime.Server {
	s.Clock.tick()
	return s.instance()
}

func (s *Server) instance() *realtime.Server {
	if s.warm != nil {
		return s.warm
	}
	return s.newInstance()
}

func (s *Server) newInstance() *realtime.Server {
	instance := realtime.NewServer(s.options)
	s.register(instance)
	return instance
}

// Open opens a connection without sockets. The request comes over TLS from 192.0.2.1; change
// may change it. The error is a *realtime.Refusal if the request is refused.
func (s *Server) Open(change ...func(*realtime.Upgrade)) (*Conn, error) {
	u := realtime.Upgrade{
		ConnectionID: fmt.Sprint("connection-", s.opened.Add(1)),
		Headers:      map[string]string{"Host": "api.example.com", "X-Forwarded-Proto": "https"},
		Query:        map[string]string{"EIO": "4", "transport": "websocket"},
		Address:      "192.0.2.1",
	}
	for _, f := range change {
		f(&u)
	}
	u.At = s.Clock.tick()
	sendOpen, err := s.instance().Accept(s.t.Context(), u)
	if err != nil {
		return nil, err
	}
	c := &Conn{server: s, id: u.ConnectionID, change: change, clients: map[string]*Client{}}
	s.Gateway.open(c.id, c)
	sendOpen(s.t.Context())
	return c, nil
}

// Dial opens a connection with one socket, in a namespace. auth is the client's option of
// this name: nil, or what has a JSON object for its form. Errors are those of Open and
// [Conn.Connect].
func (s *Server) Dial(namespace string, auth any) (*Client, error) {
	c, err := s.Open()
	if err != nil {
		return nil, err
	}
	return c.Connect(namespace, auth)
}

// Connect is Dial for a socket that must be admitted: an error ends the test.
func (s *Server) Connect(namespace string, auth any) *Client {
	s.t.Helper()
	c, err := s.Dial(namespace, auth)
	if err != nil {
		s.t.Fatalf("connect to %s: %v", namespace, err)
	}
	return c
}

// Sweep lets the sweep visit every connection once, as it does in nine runs. The clock
// advances by the nine minutes (Options.SweepEvery) that they take.
func (s *Server) Sweep() {
	s.t.Helper()
	every := s.options.SweepEvery
	if every == 0 {
		every = time.Minute
	}
	at := s.Clock.Now()
	for range store.Slots {
		at = at.Add(every)
		s.Clock.Advance(at.Sub(s.Clock.Now()))
		if err := s.Instance().Sweep(s.t.Context(), at); err != nil {
			s.t.Errorf("sweep: %v", err)
		}
	}
}
