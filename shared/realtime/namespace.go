package realtime

import (
	"context"
)

// Middleware decides on a socket before it is admitted: an error refuses it, and
// becomes the client's connect_error. It may set the socket's data and join
// rooms, which then costs no extra call; it may not emit to the socket yet.
type Middleware func(ctx context.Context, s *Socket) error

// ConnectionHandler runs when a socket has been admitted. An error disconnects it.
type ConnectionHandler func(ctx context.Context, s *Socket) error

// DisconnectHandler runs when a socket ends, at least once: again if the function
// that ran it died before it could note so.
type DisconnectHandler func(ctx context.Context, s *Socket, reason Reason) error

// Namespace is a set of sockets with handlers of its own, sharing connections
// with the other namespaces.
type Namespace struct {
	server        *Server
	name          string
	middlewares   []Middleware
	connection    []ConnectionHandler
	disconnecting []DisconnectHandler
	disconnect    []DisconnectHandler
	handlers      map[string]HandlerFunc
	any           HandlerFunc
}

// Name returns the namespace's name, as in "/admin".
func (n *Namespace) Name() string { return n.name }

// Use adds a middleware. They run in the order added; the first error ends it.
func (n *Namespace) Use(m Middleware) { n.middlewares = append(n.middlewares, m) }

// OnConnection adds a handler for admitted sockets. The client has its CONNECT
// reply before anything that the handler emits to it.
func (n *Namespace) OnConnection(h ConnectionHandler) { n.connection = append(n.connection, h) }

// OnDisconnecting adds a handler for sockets about to end: they are still in
// their rooms.
func (n *Namespace) OnDisconnecting(h DisconnectHandler) {
	n.disconnecting = append(n.disconnecting, h)
}

// OnDisconnect adds a handler for sockets that have ended and left their rooms.
func (n *Namespace) OnDisconnect(h DisconnectHandler) { n.disconnect = append(n.disconnect, h) }

// Handle sets the handler of an event. Most applications use the typed [On].
// It panics if the event already has one, or is reserved by the protocol: both
// are mistakes in the program.
func (n *Namespace) Handle(event string, h HandlerFunc) {
	if reserved(event) {
		panic("realtime: " + event + " is a reserved event name")
	}
	if _, ok := n.handlers[event]; ok {
		panic("realtime: a second handler for " + event)
	}
	n.handlers[event] = h
}

// HandleAny sets the handler of events that have none of their own.
func (n *Namespace) HandleAny(h HandlerFunc) { n.any = h }

// broadcast is the operator that addresses everyone.
func (n *Namespace) broadcast() Broadcast { return Broadcast{namespace: n} }

// Emit sends an event to every socket of the namespace.
func (n *Namespace) Emit(ctx context.Context, event string, args ...any) error {
	return n.broadcast().Emit(ctx, event, args...)
}

// To addresses the sockets of rooms; In is the same word.
func (n *Namespace) To(rooms ...string) Broadcast { return n.broadcast().To(rooms...) }

// In addresses the sockets of rooms.
func (n *Namespace) In(rooms ...string) Broadcast { return n.broadcast().To(rooms...) }

// Except addresses every socket that is in none of the rooms.
func (n *Namespace) Except(rooms ...string) Broadcast { return n.broadcast().Except(rooms...) }

// FetchSockets returns every socket of the namespace.
func (n *Namespace) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	return n.broadcast().FetchSockets(ctx)
}
