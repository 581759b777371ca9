package realtime

import (
	"context"
	"maps"
	"slices"
)

// Namespace is a set of sockets with handlers of its own. Namespaces share connections.
// Register all handlers before the server is used. All
// methods of a [Broadcast] are methods of a Namespace too, where they address every socket
// of the namespace.
type Namespace struct {
	everyone
	server *Server
	name   string
	// handlers are shared by the namespaces that one OfFunc describes.
	handlers *handlers
}

// everyone is the Broadcast to every socket of a namespace. Under this name it is embedded
// without an exported field.
type everyone = Broadcast

func newNamespace(s *Server, name string, h *handlers) *Namespace {
	n := &Namespace{server: s, name: name, handlers: h}
	n.everyone = Broadcast{namespace: n}
	return n
}

// Name returns the namespace's name, as in "/admin".
func (n *Namespace) Name() string { return n.name }

// Use adds a middleware. Middlewares run in the order in which they were added. If one
// returns an error, the socket is refused and the others do not run.
func (n *Namespace) Use(m Middleware) {
	n.handlers.middlewares = append(n.handlers.middlewares, m)
}

// UseEvent adds a middleware for events. It runs before the event's handler; its error is
// sent as the event's acknowledgement, and the handler does not run. It is Socket.IO's
// socket.use, for all sockets.
func (n *Namespace) UseEvent(h HandlerFunc) {
	n.handlers.eventMiddlewares = append(n.handlers.eventMiddlewares, h)
}

// OnConnection adds a handler for sockets that have been admitted. The client receives the
// reply to its CONNECT before anything that the handler emits to it.
func (n *Namespace) OnConnection(h ConnectionHandler) {
	n.handlers.connection = append(n.handlers.connection, h)
}

// OnDisconnecting adds a handler for sockets that are about to end. They are still in their
// rooms.
func (n *Namespace) OnDisconnecting(h DisconnectHandler) {
	n.handlers.disconnecting = append(n.handlers.disconnecting, h)
}

// OnDisconnect adds a handler for sockets that have ended and left their rooms.
func (n *Namespace) OnDisconnect(h DisconnectHandler) {
	n.handlers.disconnect = append(n.handlers.disconnect, h)
}

// Handle sets the handler of an event. Most applications use the typed [On] instead.
// Handle panics if the event already has a handler, or if the protocol reserves its name:
// both are mistakes in the program.
func (n *Namespace) Handle(event string, h HandlerFunc) {
	if isReserved(event) {
		panic("realtime: " + event + " is a reserved event name")
	}
	if _, ok := n.handlers.events[event]; ok {
		panic("realtime: a second handler for " + event)
	}
	n.handlers.events[event] = h
}

// HasHandlers reports whether anything is registered.
func (n *Namespace) HasHandlers() bool { return !n.handlers.empty() }

// EventNames returns the events that have a handler of their own, in order.
func (n *Namespace) EventNames() []string { return slices.Sorted(maps.Keys(n.handlers.events)) }

// HandleAny sets the handler of events that have no handler of their own.
func (n *Namespace) HandleAny(h HandlerFunc) { n.handlers.fallback = h }

// OnAny adds a listener for every event that clients emit. It is called before the event
// middlewares and the handler, and cannot refuse the event.
func (n *Namespace) OnAny(l func(ctx context.Context, s *Socket, e *Event)) {
	n.handlers.incoming = append(n.handlers.incoming, l)
}

// PrependAny is OnAny, before the listeners added so far.
func (n *Namespace) PrependAny(l func(ctx context.Context, s *Socket, e *Event)) {
	n.handlers.incoming = slices.Insert(n.handlers.incoming, 0, l)
}

// OnAnyOutgoing adds a listener for every event that is emitted to clients. It is called
// once for each Emit, however many sockets the Emit addresses.
func (n *Namespace) OnAnyOutgoing(l func(ctx context.Context, event string, args []any)) {
	n.handlers.outgoing = append(n.handlers.outgoing, l)
}

// notifyOutgoing calls the listeners of outgoing events.
func (n *Namespace) notifyOutgoing(ctx context.Context, event string, args []any) {
	for _, listener := range n.handlers.outgoing {
		listener(ctx, event, args)
	}
}
