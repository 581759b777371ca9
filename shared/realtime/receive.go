package realtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Message is one text message of a client, as API Gateway hands it over.
type Message struct {
	ConnectionID string
	Body         string
	// At is when the gateway received it.
	At time.Time
}

// noop is the route response of a message that needs none: not an empty frame, because
// that is a parse error to the client.
var noop = []byte(engineio.NoopFrame)

// Receive handles a client's message and returns the frame that goes back as the
// route response; see Options.RouteResponse for when it is empty. Whatever goes wrong is
// told to the client by the protocol's means, or logged; what the protocol forbids closes
// the connection.
func (s *Server) Receive(ctx context.Context, m Message) []byte {
	answer := s.receive(ctx, m)
	if s.options.RouteResponse == mode.FilledRouteResponse && bytes.Equal(answer, noop) {
		return nil
	}
	return answer
}

// receive is Receive for a gateway that sends every answer.
func (s *Server) receive(ctx context.Context, m Message) []byte {
	frame, err := engineio.Decode(m.Body)
	var packet socketio.Packet
	if err != nil {
		return s.violated(ctx, m.ConnectionID, ParseError, err)
	}
	if frame.Type == engineio.Message {
		if packet, err = socketio.Decode(frame.Text); err != nil {
			return s.violated(ctx, m.ConnectionID, ForcedClose, err)
		}
	}
	if frame.Type == engineio.Close {
		s.logError(ctx, "close", m.ConnectionID, s.shut(ctx, m.ConnectionID, TransportClose))
		return noop
	}
	touch := store.Touch{Now: s.options.Now(), Window: s.options.Rate.Per}
	if frame.Type == engineio.Message && packet.Attachments == 0 {
		touch.Packet = m.At
	}
	c, err := s.options.Store.Touch(ctx, m.ConnectionID, touch)
	switch {
	case errors.Is(err, store.ErrNoConnection):
		s.logError(ctx, "close", m.ConnectionID, s.options.Gateway.Close(ctx, m.ConnectionID))
		return noop
	case err != nil:
		if frame.Type == engineio.Message && packet.Type == socketio.Connect {
			// Without an answer the client would wait for ever; closed, it comes back.
			return s.interrupt(ctx, m.ConnectionID, "load connection", err)
		}
		s.logError(ctx, "load connection", m.ConnectionID, err)
		s.options.Observer.Refused(ctx, CodeUnavailable)
		return s.refuse(ctx, m.ConnectionID, packet, Unavailable(err))
	case c.Recent > 4*s.options.Rate.Messages:
		s.log.WarnContext(ctx, "connection closed for its rate", "connection", c.ID, "messages", c.Recent)
		s.logError(ctx, "close", c.ID, s.shut(ctx, c.ID, ForcedServerClose))
		return noop
	case c.Recent > s.options.Rate.Messages && frame.Type == engineio.Message:
		switch packet.Type {
		case socketio.Event:
			s.tooMany(ctx, c)
			return s.refuse(ctx, c.ID, packet, rateLimited)
		case socketio.Connect:
			s.tooMany(ctx, c)
			return connectError(packet.Namespace, refusal(rateLimited))
		}
	}

	t := &turn{connectionID: c.ID}
	ctx = withTurn(ctx, t)
	switch frame.Type {
	case engineio.Message:
		if packet.Attachments > 0 {
			if reply := s.misplaced(ctx, c, packet, m.At); reply != nil {
				return reply
			}
			return s.collect(ctx, t, c, store.Fragment{At: m.At, Ordinal: c.Ordinal, Header: frame.Text})
		}
		if c.Binary > 0 {
			if err := s.uninterrupted(ctx, c, m.At); err != nil {
				return s.violated(ctx, c.ID, ForcedClose, err)
			}
		}
		return s.handle(ctx, t, c, packet, m.At)
	case engineio.Binary:
		if len(c.Sockets) == 0 && c.LeftAt.IsZero() {
			return s.violated(ctx, c.ID, ForcedClose, errStray)
		}
		return s.collect(ctx, t, c, store.Fragment{At: m.At, Ordinal: c.Ordinal, Attachment: frame.Binary})
	default: // a pong, or what the protocol says to ignore
		return noop
	}
}

// tooMany notes that a message was refused for its connection's rate.
func (s *Server) tooMany(ctx context.Context, c store.Connection) {
	s.log.WarnContext(ctx, "message refused for its rate", "connection", c.ID, "messages", c.Recent)
	s.options.Observer.Refused(ctx, CodeRateLimited)
}

var rateLimited = &Error{Code: CodeRateLimited, Message: "Too many messages in a short time.", Temporary: true}

// handle runs a complete packet, received at a time, and returns the route response.
func (s *Server) handle(ctx context.Context, t *turn, c store.Connection, p socketio.Packet, at time.Time) []byte {
	if p.Type == socketio.Connect {
		return s.connect(ctx, t, c, p)
	}
	if reply := s.misplaced(ctx, c, p, at); reply != nil {
		return reply
	}
	ns, state := s.namespace(p.Namespace), c.Sockets[p.Namespace]
	if state.Expired(s.options.Now()) {
		s.logError(ctx, "disconnect expired socket", c.ID, s.disconnectSocket(ctx, newSocket(ns, c, state).ref()))
		return noop
	}
	switch p.Type {
	case socketio.Event, socketio.BinaryEvent:
		return s.event(ctx, c, newSocket(ns, c, state), p, at)
	case socketio.Ack, socketio.BinaryAck:
		handled, err := s.acked(ctx, newSocket(ns, c, state), p)
		s.logError(ctx, "acknowledgement handler failed", c.ID, err)
		if !handled {
			s.logError(ctx, "store acknowledgement", c.ID, s.answered(ctx, c, p))
		}
	case socketio.Disconnect:
		s.logError(ctx, "disconnect", c.ID, s.endSocket(ctx, newSocket(ns, c, state).ref(), ClientNamespaceDisconnect, nil))
	}
	return noop
}

// misplaced answers a packet for a namespace that is not joined, and else returns nil. The
// protocol closes the connection for it (Socket.IO protocol v5, "Disconnection from a
// namespace"), unless the packet may have been sent before the socket ended and only been
// overtaken by its ending.
func (s *Server) misplaced(ctx context.Context, c store.Connection, p socketio.Packet, at time.Time) []byte {
	state, joined := c.Sockets[p.Namespace]
	if joined && state.EndedAt.IsZero() && s.namespace(p.Namespace) != nil {
		return nil
	}
	left := c.LeftAt
	if joined {
		left = state.EndedAt
	}
	if s.options.Dispatch == mode.Concurrent && !at.After(left) {
		return noop
	}
	return s.violated(ctx, c.ID, ForcedServerClose, fmt.Errorf("a %v packet for a namespace that is not joined", p.Type))
}

// event runs the handler of an event and returns its acknowledgement.
func (s *Server) event(ctx context.Context, c store.Connection, socket *Socket, p socketio.Packet, at time.Time) []byte {
	ns := socket.namespace
	name, args, err := p.Event()
	if err != nil {
		return s.violated(ctx, c.ID, ForcedClose, err)
	}
	e := &Event{Name: name, Args: args, NeedsAck: p.HasID, At: at}
	err = guard(func() error { return ns.run(ctx, socket, e) })
	if err != nil && !e.acked {
		safe := Safe(err)
		s.logFailure(ctx, "event failed", safe, "event", name, "namespace", ns.name, "connection", c.ID)
		return s.refuse(ctx, c.ID, p, safe)
	}
	s.logError(ctx, "event failed after its acknowledgement", c.ID, err)
	if !p.HasID || !e.acked {
		return noop
	}
	ack, err := socketio.NewAck(ns.name, p.ID, e.reply...)
	if err != nil {
		s.logError(ctx, "encode acknowledgement", c.ID, err)
		return s.refuse(ctx, c.ID, p, Safe(err))
	}
	return s.reply(ctx, c.ID, p, ack.Frames())
}

// run passes an event through the listeners and middlewares to its handler.
func (n *Namespace) run(ctx context.Context, socket *Socket, e *Event) error {
	for _, listener := range n.handlers.incoming {
		listener(ctx, socket, e)
	}
	for _, middleware := range n.handlers.eventMiddlewares {
		if err := middleware(ctx, socket, e); err != nil {
			return err
		}
	}
	handler := n.handlers.of(e.Name)
	if handler == nil {
		return errUnknownEvent
	}
	return handler(ctx, socket, e)
}

var errUnknownEvent = Errorf(CodeUnknownEvent, "There is no event of this name.")

var errAnswerTooLarge = Errorf(CodeTooLarge, "The answer is larger than a message may be.")

// reply sends an acknowledgement: as the route response, or if it has attachments
// as posts, because the route response is a single frame.
func (s *Server) reply(ctx context.Context, id string, p socketio.Packet, frames [][]byte) []byte {
	if checkSize(frames) != nil {
		return s.refuse(ctx, id, p, errAnswerTooLarge)
	}
	if len(frames) == 1 {
		return frames[0]
	}
	s.logError(ctx, "post acknowledgement", id, s.post(ctx, id, frames, false))
	return noop
}

// refuse returns the error acknowledgement of an event that asked for one, and
// else noop.
func (s *Server) refuse(ctx context.Context, id string, p socketio.Packet, e *Error) []byte {
	isEvent := p.Type == socketio.Event || p.Type == socketio.BinaryEvent
	if !isEvent || !p.HasID {
		return noop
	}
	ack, err := socketio.NewAck(p.Namespace, p.ID, failure{Error: e})
	if err != nil {
		s.logError(ctx, "encode acknowledgement", id, err)
		return noop
	}
	return ack.Frames()[0]
}

// violated closes a connection that broke the protocol. The reasons are the reference's:
// "parse error" for what is no Engine.IO frame, "forced close" for what is no Socket.IO
// packet, and "forced server close" for a packet at the wrong time.
func (s *Server) violated(ctx context.Context, id string, reason Reason, err error) []byte {
	s.log.WarnContext(ctx, "connection closed for what it sent", "connection", id, "error", err)
	s.logError(ctx, "close", id, s.shut(ctx, id, reason))
	return noop
}

// guard runs application code; a panic becomes an error with its stack.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func newSocket(ns *Namespace, c store.Connection, state store.SocketState) *Socket {
	return &Socket{namespace: ns, connectionID: c.ID, handshake: c.Handshake, state: state, admitted: true}
}

// logError logs a failure that no caller can be told.
func (s *Server) logError(ctx context.Context, what, connectionID string, err error) {
	if err != nil {
		s.log.ErrorContext(ctx, what, "connection", connectionID, "error", err)
	}
}

// logFailure logs an error that a client was told: a refusal quietly, an accident
// loudly.
func (s *Server) logFailure(ctx context.Context, what string, e *Error, attrs ...any) {
	s.options.Observer.Refused(ctx, e.Code)
	attrs = append(attrs, "code", e.Code)
	if e.Cause != nil {
		attrs = append(attrs, "cause", e.Cause)
	}
	if e.Code == CodeInternal || e.Code == CodeUnavailable {
		s.log.ErrorContext(ctx, what, attrs...)
	} else {
		s.log.DebugContext(ctx, what, attrs...)
	}
}
