package realtime

import (
	"context"
	"slices"
	"time"
)

// Namespace is a set of sockets with handlers of its own, sharing connections
// with the other namespaces.
type Namespace struct {
	server *Server
	name   string
	// handlers are shared by the namespaces that one OfFunc describes.
	handlers *handlers
}

// Name returns the namespace's name, as in "/admin".
func (n *Namespace) Name() string { return n.name }

// Use adds a middleware. They run in the order added; the first error ends it.
func (n *Namespace) Use(m Middleware) {
	n.handlers.middlewares = append(n.handlers.middlewares, m)
}

// UseEvent adds a middleware for events: it runs before the event's handler, and
// its error is the event's acknowledgement instead. It is the reference's
// socket.use, for all sockets.
func (n *Namespace) UseEvent(h HandlerFunc) {
	n.handlers.eventMiddlewares = append(n.handlers.eventMiddlewares, h)
}

// OnConnection adds a handler for admitted sockets. The client has its CONNECT
// reply before anything that the handler emits to it.
func (n *Namespace) OnConnection(h ConnectionHandler) {
	n.handlers.connection = append(n.handlers.connection, h)
}

// OnDisconnecting adds a handler for sockets about to end: they are still in
// their rooms.
func (n *Namespace) OnDisconnecting(h DisconnectHandler) {
	n.handlers.disconnecting = append(n.handlers.disconnecting, h)
}

// OnDisconnect adds a handler for sockets that have ended and left their rooms.
func (n *Namespace) OnDisconnect(h DisconnectHandler) {
	n.handlers.disconnect = append(n.handlers.disconnect, h)
}

// Handle sets the handler of an event. Most applications use the typed [On].
// It panics if the event already has one, or is reserved by the protocol: both
// are mistakes in the program.
func (n *Namespace) Handle(event string, h HandlerFunc) {
	if reserved(event) {
		panic("realtime: " + event + " is a reserved event name")
	}
	if _, ok := n.handlers.events[event]; ok {
		panic("realtime: a second handler for " + event)
	}
	n.handlers.events[event] = h
}

// HandleAny sets the handler of events that have none of their own.
func (n *Namespace) HandleAny(h HandlerFunc) { n.handlers.fallback = h }

// OnAny adds a listener for every event that clients emit, called before the
// event's handler. It cannot refuse the event.
func (n *Namespace) OnAny(l func(ctx context.Context, s *Socket, e *Event)) {
	n.handlers.incoming = append(n.handlers.incoming, l)
}

// PrependAny is OnAny, before the listeners added so far.
func (n *Namespace) PrependAny(l func(ctx context.Context, s *Socket, e *Event)) {
	n.handlers.incoming = slices.Insert(n.handlers.incoming, 0, l)
}

// OnAnyOutgoing adds a listener for every event that is emitted to clients: once
// for each Emit, however many sockets it addresses.
func (n *Namespace) OnAnyOutgoing(l func(ctx context.Context, event string, args []any)) {
	n.handlers.outgoing = append(n.handlers.outgoing, l)
}

// broadcast is the operator that addresses everyone.
func (n *Namespace) broadcast() Broadcast { return Broadcast{namespace: n} }

// Emit sends an event to every socket of the namespace.
func (n *Namespace) Emit(ctx context.Context, event string, args ...any) error {
	return n.broadcast().Emit(ctx, event, args...)
}

// Send emits the event "message".
func (n *Namespace) Send(ctx context.Context, args ...any) error {
	return n.Emit(ctx, "message", args...)
}

// EmitWithAck sends an event to every socket of the namespace and waits for all of
// their acknowledgements; see [Broadcast.EmitWithAck].
func (n *Namespace) EmitWithAck(ctx context.Context, event string, args ...any) ([]Reply, error) {
	return n.broadcast().EmitWithAck(ctx, event, args...)
}

// To addresses the sockets of rooms; In is the same word.
func (n *Namespace) To(rooms ...string) Broadcast { return n.broadcast().To(rooms...) }

// In addresses the sockets of rooms.
func (n *Namespace) In(rooms ...string) Broadcast { return n.broadcast().To(rooms...) }

// Except addresses every socket that is in none of the rooms.
func (n *Namespace) Except(rooms ...string) Broadcast { return n.broadcast().Except(rooms...) }

// Volatile makes a packet one that a busy receiver may miss.
func (n *Namespace) Volatile() Broadcast { return n.broadcast().Volatile() }

// Timeout sets how long EmitWithAck waits.
func (n *Namespace) Timeout(d time.Duration) Broadcast { return n.broadcast().Timeout(d) }

// FetchSockets returns every socket of the namespace.
func (n *Namespace) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	return n.broadcast().FetchSockets(ctx)
}

// SocketsJoin makes every socket of the namespace join rooms.
func (n *Namespace) SocketsJoin(ctx context.Context, rooms ...string) error {
	return n.broadcast().SocketsJoin(ctx, rooms...)
}

// SocketsLeave makes every socket of the namespace leave rooms.
func (n *Namespace) SocketsLeave(ctx context.Context, rooms ...string) error {
	return n.broadcast().SocketsLeave(ctx, rooms...)
}

// DisconnectSockets disconnects every socket of the namespace; with close, its
// whole connection.
func (n *Namespace) DisconnectSockets(ctx context.Context, close bool) error {
	return n.broadcast().DisconnectSockets(ctx, close)
}

// emitting tells the listeners of outgoing events.
func (n *Namespace) emitting(ctx context.Context, event string, args []any) {
	for _, listener := range n.handlers.outgoing {
		listener(ctx, event, args)
	}
}
