package realtime

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Middleware decides whether a socket is admitted. Its error refuses the socket and becomes
// the client's connect_error. It may set the socket's data and join rooms, which costs no
// extra call at this point. It cannot emit to the socket yet.
//
// For a recovered socket (Socket.Recovered) it may return [ErrNewSession]. Then the client gets
// a new session, and the middlewares run again for it.
type Middleware func(ctx context.Context, s *Socket) error

// ErrNewSession is a middleware's answer to a recovered session that the client may not have,
// such as another user's.
var ErrNewSession = errors.New("realtime: a new session instead of the recovered one")

// ConnectionHandler runs when a socket has been admitted. Its error disconnects the socket.
type ConnectionHandler func(ctx context.Context, s *Socket) error

// DisconnectHandler runs at least once when a socket ends. It runs again if it failed, if
// the function that ran it died before it could record that, or if the socket ended while
// its connection handlers were running. It also runs for a socket whose connection handlers
// did not all run, because one failed or its function died.
type DisconnectHandler func(ctx context.Context, s *Socket, reason Reason) error

// handlers are the functions that an application registered for a namespace.
type handlers struct {
	middlewares      []Middleware
	connection       []ConnectionHandler
	disconnecting    []DisconnectHandler
	disconnect       []DisconnectHandler
	eventMiddlewares []HandlerFunc
	events           map[string]HandlerFunc
	fallback         HandlerFunc
	acks             map[uint64]AckHandler // by ackMark
	prices           map[string]Price      // by event
	incoming         []func(context.Context, *Socket, *Event)
	outgoing         []func(context.Context, string, []any)
}

func newHandlers() *handlers {
	return &handlers{events: map[string]HandlerFunc{}, prices: map[string]Price{}, acks: map[uint64]AckHandler{}}
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

// run passes an event to the listeners, through the event middlewares, and to its handler.
func (h *handlers) run(ctx context.Context, socket *Socket, e *Event) error {
	for _, listener := range h.incoming {
		listener(ctx, socket, e)
	}
	for _, middleware := range h.eventMiddlewares {
		if err := middleware(ctx, socket, e); err != nil {
			return err
		}
	}
	handler := h.of(e.Name)
	if handler == nil {
		return errUnknownEvent
	}
	return handler(ctx, socket, e)
}

var errUnknownEvent = Errorf(CodeUnknownEvent, "There is no event of this name.")

// guard runs application code. It turns a panic into an error with the stack.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
