package realtime

import (
	"log/slog"
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

	mu         sync.RWMutex
	namespaces map[string]*Namespace
}

// NewServer returns a server without handlers.
func NewServer(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, log: o.Log, namespaces: map[string]*Namespace{}}
	s.Namespace = s.Of("/")
	return s
}

// Of returns the namespace of this name, creating it. Clients can connect to a
// namespace only if the server has asked for it by Of. A missing leading slash is
// added.
func (s *Server) Of(name string) *Namespace {
	if name == "" || name[0] != '/' {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ns, ok := s.namespaces[name]; ok {
		return ns
	}
	ns := &Namespace{server: s, name: name, handlers: map[string]HandlerFunc{}}
	s.namespaces[name] = ns
	return ns
}

// namespace returns a namespace that exists, or nil.
func (s *Server) namespace(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.namespaces[name]
}
