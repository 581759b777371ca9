package realtime

import "context"

// Middleware decides on a socket before it is admitted: an error refuses it, and
// becomes the client's connect_error. It may set the socket's data and join
// rooms, which then costs no extra call; it may not emit to the socket yet.
type Middleware func(ctx context.Context, s *Socket) error

// ConnectionHandler runs when a socket has been admitted. An error disconnects it.
type ConnectionHandler func(ctx context.Context, s *Socket) error

// DisconnectHandler runs when a socket ends, at least once: again if the function
// that ran it died before it could note so, if it failed, or if the socket ended while its
// connection handlers ran. It also runs for a socket whose connection handlers did not all
// run, because one failed or its function died.
type DisconnectHandler func(ctx context.Context, s *Socket, reason Reason) error

// handlers are what an application registered for a namespace.
type handlers struct {
	middlewares      []Middleware
	connection       []ConnectionHandler
	disconnecting    []DisconnectHandler
	disconnect       []DisconnectHandler
	eventMiddlewares []HandlerFunc
	events           map[string]HandlerFunc
	fallback         HandlerFunc
	acks             map[uint64]AckHandler // by ackMark
	incoming         []func(context.Context, *Socket, *Event)
	outgoing         []func(context.Context, string, []any)
}

func newHandlers() *handlers {
	return &handlers{events: map[string]HandlerFunc{}, acks: map[uint64]AckHandler{}}
}

// empty reports whether nothing was registered.
func (h *handlers) empty() bool {
	return len(h.middlewares)+len(h.connection)+len(h.disconnecting)+len(h.disconnect)+len(h.eventMiddlewares)+
		len(h.events)+len(h.acks)+len(h.incoming)+len(h.outgoing) == 0 && h.fallback == nil
}

// of returns the handler of an event, or nil.
func (h *handlers) of(event string) HandlerFunc {
	if handler, ok := h.events[event]; ok {
		return handler
	}
	return h.fallback
}
