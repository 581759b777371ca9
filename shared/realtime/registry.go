package realtime

import (
	"maps"
	"slices"
	"sync"
)

// registry holds the namespaces of a server and their handlers.
type registry struct {
	server *Server

	mu       sync.RWMutex
	byName   map[string]*Namespace
	patterns []pattern
	// authenticator is what Server.Authenticate calls; it may be nil.
	authenticator Middleware
}

// pattern describes namespaces by their names.
type pattern struct {
	match    func(name string) bool
	handlers *handlers
}

// find returns the namespace of this name, or nil. For a name that matches a pattern it makes a
// Namespace, which has the pattern's handlers.
func (r *registry) find(name string) *Namespace {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if ns, ok := r.byName[name]; ok {
		return ns
	}
	for _, p := range r.patterns {
		if len(name) <= maxName && p.match(name) {
			return newNamespace(r.server, name, p.handlers)
		}
	}
	return nil
}

// findOrAdd returns the namespace that find returns, or else a new one.
func (r *registry) findOrAdd(name string) *Namespace {
	if ns := r.find(name); ns != nil {
		return ns
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ns, ok := r.byName[name]; ok {
		return ns
	}
	ns := newNamespace(r.server, name, newHandlers())
	r.byName[name] = ns
	return ns
}

func (r *registry) addPattern(match func(name string) bool) *Namespace {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := newHandlers()
	r.patterns = append(r.patterns, pattern{match, h})
	return newNamespace(r.server, "", h)
}

// names returns the names of the namespaces that are not made by a pattern, sorted.
func (r *registry) names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.byName))
}

// hasNoHandlers reports whether nothing has been registered. Such a server (an emitter, or the
// connect function) leaves endings to servers that have the handlers to run.
func (r *registry) hasNoHandlers() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, ns := range r.byName {
		if !ns.handlers.empty() {
			return false
		}
	}
	return len(r.patterns) == 0
}

// handleEndings reports whether a handler runs when a socket ends.
func (r *registry) handleEndings() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	handles := func(h *handlers) bool { return len(h.disconnecting)+len(h.disconnect) > 0 }
	for _, ns := range r.byName {
		if handles(ns.handlers) {
			return true
		}
	}
	return slices.ContainsFunc(r.patterns, func(p pattern) bool { return handles(p.handlers) })
}
