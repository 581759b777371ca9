package realtime

import (
	"context"
	"time"
)

// Server holds the handlers of an application and runs them. It embeds its root
// namespace "/", so all methods of a Namespace are methods of the server too.
//
// Register all handlers before the first event. After that a Server is safe for
// concurrent use.
//
// These are the entry points of the functions: [Server.Accept] for $connect,
// [Server.Receive] for every message, [Server.Closed] for $disconnect, [Server.Sweep] for the
// schedule, and [Server.Deliver] for a fan-out that was handed over.
type Server struct {
	*Namespace
	*engine
}

// engine is what the parts of a server share.
type engine struct {
	options    Options
	log        logger
	namespaces *registry
	poster     *poster
	fanout     *fanout
	ender      *ender
	recovery   *recoverer // nil: recovery is off
	accounts   *accounts
	// sweepHandlers run with each sweep.
	sweepHandlers []func(context.Context) error
}

// NewServer returns a server without handlers.
func NewServer(o Options) *Server {
	o = o.withDefaults()
	s := &Server{engine: &engine{options: o, log: logger{o.Log, o.Observer, o.ClientErrors}}}
	s.namespaces = &registry{server: s, byName: map[string]*Namespace{}}
	s.poster = &poster{gateway: o.Gateway, log: s.log}
	s.fanout = &fanout{
		poster: s.poster, connections: o.Store, rooms: o.Store, handover: o.Handover,
		inline: o.InlineFanout, parallel: o.Parallel, now: o.Now, once: o.Store, pace: o.Pace, lanes: o.Pace.limiters(),
	}
	s.ender = &ender{store: o.Store, namespaces: s.namespaces, poster: s.poster, log: s.log, now: o.Now}
	s.accounts = &accounts{namespaces: s.namespaces, store: o.Store, now: o.Now, log: s.log}
	s.poster.endGone = s.ender.endAfterGone
	if o.Recovery != nil {
		s.recovery = newRecoverer(o, s.ender, s.log)
		s.ender.recovery, s.fanout.recovery = s.recovery, s.recovery
	}
	s.Namespace = s.Of("/")
	return s
}

// Of returns the namespace of this name, and creates it unless it exists or an earlier
// OfFunc describes it. Clients can connect only to namespaces for which the server called
// Of or OfFunc. A missing leading slash is added.
func (s *Server) Of(name string) *Namespace {
	if name == "" || name[0] != '/' {
		name = "/" + name
	}
	return s.namespaces.findOrAdd(name)
}

// Now is the time by Options.Now: in a test that of its clock.
func (s *Server) Now() time.Time { return s.options.Now() }

// MaxRooms is how many rooms one socket may be in.
func (s *Server) MaxRooms() int { return s.options.MaxRooms }

// Names returns the names of the namespaces made by Of, sorted.
func (s *Server) Names() []string { return s.namespaces.names() }

// HandlesEndings reports whether handlers of the application run when a socket ends, or with a sweep: in
// the functions that end sockets.
func (s *Server) HandlesEndings() bool {
	return len(s.sweepHandlers) > 0 || s.namespaces.handleEndings()
}

// OfFunc describes namespaces by their names: every name for which match returns true is a
// namespace. They share the handlers registered on the Namespace that OfFunc returns; that
// one has no name and no sockets, so emit through Of(name) instead. If several OfFunc
// predicates match, the first one registered wins; a namespace made by Of always wins.
//
// match sees only the name, which has at most 512 bytes. Whether a particular client may
// connect is decided by a middleware. For a pattern, pass regexp.MustCompile(…).MatchString.
// Handlers registered on Of(name), where OfFunc describes that name, are registered for all
// namespaces that this OfFunc describes.
func (s *Server) OfFunc(match func(name string) bool) *Namespace {
	return s.namespaces.addPattern(match)
}
