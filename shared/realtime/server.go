package realtime

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
)

// Server holds the handlers of an application and runs them. It embeds its root
// namespace "/", so everything of a Namespace can be said to the server itself.
//
// Register everything before the first event; after that a Server is safe for
// concurrent use.
type Server struct {
	*Namespace
	options Options
	log     *slog.Logger
	offsets offsets

	mu         sync.RWMutex
	namespaces map[string]*Namespace
	dynamic    []dynamicNamespace
}

// dynamicNamespace describes namespaces by their names.
type dynamicNamespace struct {
	match    func(name string) bool
	handlers *handlers
}

// NewServer returns a server without handlers.
func NewServer(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, log: o.Log, namespaces: map[string]*Namespace{}}
	s.Namespace = s.Of("/")
	return s
}

// Of returns the namespace of this name, creating it unless an earlier OfFunc
// describes it. Clients can connect to a namespace only if the server has asked
// for it by Of, or described it by OfFunc. A missing leading slash is added.
func (s *Server) Of(name string) *Namespace {
	if name == "" || name[0] != '/' {
		name = "/" + name
	}
	if ns := s.namespace(name); ns != nil {
		return ns
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ns, ok := s.namespaces[name]; ok {
		return ns
	}
	ns := &Namespace{server: s, name: name, handlers: newHandlers()}
	s.namespaces[name] = ns
	return ns
}

// Names returns the namespaces made by Of, sorted.
func (s *Server) Names() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.namespaces))
}

// OfFunc describes namespaces by their names: those for which match is true exist,
// and share the handlers registered on what OfFunc returns. Of namespaces that
// several descriptions match, the first counts, and one made by Of before all.
// Emit to such a namespace through Of(name); what OfFunc returns has no name and
// no sockets.
//
// match sees the name only, which has 512 bytes at most: whether a particular client may
// enter is for a middleware to say. For a pattern, pass regexp.MustCompile(…).MatchString.
// What is registered on Of(name) of a namespace that a description made is registered for
// all that it describes.
func (s *Server) OfFunc(match func(name string) bool) *Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := newHandlers()
	s.dynamic = append(s.dynamic, dynamicNamespace{match, h})
	return &Namespace{server: s, handlers: h}
}

// bare reports whether a server has no handlers at all: that of an emitter, or of the
// connect function. It leaves endings to those whose handlers they have to run.
func (s *Server) bare() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, ns := range s.namespaces {
		if !ns.handlers.empty() {
			return false
		}
	}
	return len(s.dynamic) == 0
}

// namespace returns a namespace that exists, or nil.
func (s *Server) namespace(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if ns, ok := s.namespaces[name]; ok {
		return ns
	}
	for _, d := range s.dynamic {
		if len(name) <= maxName && d.match(name) {
			return &Namespace{server: s, name: name, handlers: d.handlers}
		}
	}
	return nil
}
