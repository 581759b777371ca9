package realtime

import (
	"context"
	"maps"
	"slices"
)

// SetAuthenticator sets the middleware behind Authenticate. The part of an application that
// knows who its clients are sets it: the chat does.
func (s *Server) SetAuthenticator(m Middleware) { s.namespaces.authenticator = m }

// Authenticate is a middleware for namespaces that ask for the same token as another part of
// the application: game.Use(srv.Authenticate). It calls the middleware that SetAuthenticator
// set. Without one it refuses every client with CodeUnauthorized.
func (s *Server) Authenticate(ctx context.Context, socket *Socket) error {
	if s.namespaces.authenticator == nil {
		return errNoAuthenticator
	}
	return s.namespaces.authenticator(ctx, socket)
}

var errNoAuthenticator = Errorf(CodeUnauthorized, "Sign-in is not set up here.")

// OpenNamespaces returns the names of the namespaces that have handlers and no middleware, so
// that every client may connect to them, sorted. Namespaces that OfFunc describes are listed
// as "(OfFunc)".
func (s *Server) OpenNamespaces() []string { return s.namespaces.open() }

func (r *registry) open() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	open := map[string]bool{}
	for name, ns := range r.byName {
		if !ns.handlers.empty() && len(ns.handlers.middlewares) == 0 {
			open[name] = true
		}
	}
	for _, p := range r.patterns {
		if len(p.handlers.middlewares) == 0 {
			open["(OfFunc)"] = true
		}
	}
	return slices.Sorted(maps.Keys(open))
}
