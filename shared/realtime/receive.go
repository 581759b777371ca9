package realtime

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Message is one text message of a client, as API Gateway passes it on.
type Message struct {
	ConnectionID string
	Body         string
	// At is when the gateway received it.
	At time.Time
}

// Receive handles a client's message and returns the frame to send back as the route
// response; see Options.RouteResponse for when that is empty. Every failure is told to the
// client by the protocol's means, or logged. A message that violates the protocol closes the
// connection.
func (s *Server) Receive(ctx context.Context, m Message) []byte {
	answer := s.receive(ctx, m)
	if s.options.RouteResponse == mode.FilledRouteResponse && bytes.Equal(answer, noop) {
		return nil
	}
	return answer
}

// receive decodes a message, loads its connection, and dispatches the message. It always
// returns a frame.
func (s *Server) receive(ctx context.Context, m Message) []byte {
	in, err := decodeFrame(m)
	if err != nil {
		return s.closeForViolation(ctx, m.ConnectionID, err)
	}
	if in.frame.Type == engineio.Close {
		s.log.failure(ctx, "close", m.ConnectionID, s.ender.endAndClose(ctx, m.ConnectionID, TransportClose))
		return noop
	}
	c, answer := s.load(ctx, in)
	if answer != nil {
		return answer
	}
	if answer := s.limitRate(ctx, in, c); answer != nil {
		return answer
	}
	x := &exchange{Server: s, connection: c, turn: &turn{connectionID: c.ID}, at: m.At}
	return x.dispatch(withTurn(ctx, x.turn), in)
}

// incoming is a message that has been decoded.
type incoming struct {
	Message
	frame engineio.Packet
	// packet is the Socket.IO packet of a frame of type engineio.Message; otherwise zero.
	packet socketio.Packet
}

func (in incoming) hasPacket() bool { return in.frame.Type == engineio.Message }

// decodeFrame decodes a message. Its error is a violation.
func decodeFrame(m Message) (in incoming, err error) {
	in.Message = m
	if in.frame, err = engineio.Decode(m.Body); err != nil {
		return in, &violation{ParseError, err}
	}
	if in.hasPacket() {
		if in.packet, err = socketio.Decode(in.frame.Text); err != nil {
			return in, &violation{ForcedClose, err}
		}
	}
	return in, nil
}

// load records the message on its connection and returns the connection, or the answer if
// that fails.
func (s *Server) load(ctx context.Context, in incoming) (store.Connection, []byte) {
	id := in.ConnectionID
	touch := store.Touch{Now: s.options.Now(), Window: s.options.Rate.Per}
	if in.hasPacket() && in.packet.Attachments == 0 {
		touch.Packet = in.At
	}
	c, err := s.options.Store.Touch(ctx, id, touch)
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, store.ErrNoConnection):
		if s.recovery != nil && in.hasPacket() && in.packet.Type == socketio.Disconnect {
			s.log.failure(ctx, "record a leave", id, s.recovery.recordLeave(ctx, id, in.packet.Namespace))
		}
		s.log.failure(ctx, "close", id, s.options.Gateway.Close(ctx, id))
		return c, noop
	case in.hasPacket() && in.packet.Type == socketio.Connect:
		// Without an answer the client would wait for ever. Closed, it reconnects.
		return c, s.closeForFailure(ctx, id, "load connection", err)
	default:
		s.log.failure(ctx, "load connection", id, err)
		s.options.Observer.Refused(ctx, CodeUnavailable)
		return c, s.refuse(ctx, id, in.packet, Unavailable(err))
	}
}

// limitRate returns the answer to a message above the connection's rate, or nil.
func (s *Server) limitRate(ctx context.Context, in incoming, c store.Connection) []byte {
	switch {
	case c.Recent > 4*s.options.Rate.Messages:
		s.log.WarnContext(ctx, "connection closed for its rate", "connection", c.ID, "messages", c.Recent)
		s.log.failure(ctx, "close", c.ID, s.ender.endAndClose(ctx, c.ID, ForcedServerClose))
		return noop
	case c.Recent <= s.options.Rate.Messages || !in.hasPacket():
		return nil
	}
	switch in.packet.Type {
	case socketio.Event:
		s.countRateLimited(ctx, c)
		return s.refuse(ctx, c.ID, in.packet, errRateLimited)
	case socketio.Connect:
		s.countRateLimited(ctx, c)
		return connectError(in.packet.Namespace, connectErrorPayload(errRateLimited))
	default:
		return nil
	}
}

var errRateLimited = &Error{Code: CodeRateLimited, Message: "Too many messages in a short time.", Temporary: true}

func (s *Server) countRateLimited(ctx context.Context, c store.Connection) {
	s.log.WarnContext(ctx, "message refused for its rate", "connection", c.ID, "messages", c.Recent)
	s.options.Observer.Refused(ctx, CodeRateLimited)
}

// violation is an error for which a connection is closed, with the reference's reason: "parse
// error" for a frame that is not Engine.IO, "forced close" for a packet that is not
// Socket.IO, "forced server close" for a packet at the wrong time.
type violation struct {
	reason Reason
	cause  error
}

// Error implements error.
func (v *violation) Error() string { return v.cause.Error() }

// Unwrap returns the cause.
func (v *violation) Unwrap() error { return v.cause }

// closeForViolation closes a connection that violated the protocol. Of an error that is not
// a violation the reason is "forced close".
func (s *Server) closeForViolation(ctx context.Context, id string, err error) []byte {
	reason := ForcedClose
	var v *violation
	if errors.As(err, &v) {
		reason = v.reason
	}
	s.log.WarnContext(ctx, "connection closed for a protocol violation", "connection", id, "error", err)
	s.log.failure(ctx, "close", id, s.ender.endAndClose(ctx, id, reason))
	return noop
}

// closeForFailure closes a connection for a failure on our side. A connect_error would keep
// the client from trying again; after a close it reconnects.
func (s *Server) closeForFailure(ctx context.Context, id, operation string, err error) []byte {
	s.log.failure(ctx, operation, id, err)
	s.log.failure(ctx, "close", id, s.ender.endAndClose(ctx, id, TransportError))
	return noop
}
