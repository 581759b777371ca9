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
	var answer []byte
	if err := guard(func() error { answer = s.receive(ctx, m); return nil }); err != nil {
		answer = s.explainPanic(ctx, m, err)
	}
	if s.options.RouteResponse == mode.FilledRouteResponse && bytes.Equal(answer, noop) {
		return nil
	}
	return answer
}

// receive decodes a message, loads its connection, and dispatches the message. It always
// returns a frame, except to a noop.
func (e *engine) receive(ctx context.Context, m Message) []byte {
	deadline := e.options.deadline(m.At, time.Now())
	in, err := decodeFrame(m)
	if err != nil {
		e.explainLimit(ctx, in, err)
		return e.closeForViolation(ctx, m.ConnectionID, err)
	}
	if in.frame.Type == engineio.Close {
		e.log.failure(ctx, "close", m.ConnectionID, e.ender.endAndClose(ctx, m.ConnectionID, TransportClose))
		return noop
	}
	in.price = e.accounts.priceOf(in)
	c, answer := e.load(ctx, in)
	if answer != nil {
		return answer
	}
	if answer := e.limitRate(ctx, in, c); answer != nil {
		return answer
	}
	until, answer := e.account(ctx, in, c)
	if answer != nil {
		return answer
	}
	x := &exchange{engine: e, connection: c, turn: &turn{connectionID: c.ID, namespace: in.packet.Namespace}, at: m.At, deadline: deadline, limitedUntil: until, price: in.price}
	return x.dispatch(withTurn(ctx, x.turn), in)
}

// explainPanic returns the answer to a message whose handling panicked outside the
// application's handlers. API Gateway's own would cut the client off.
func (e *engine) explainPanic(ctx context.Context, m Message, err error) []byte {
	in, _ := decodeFrame(m)
	if in.hasPacket() && in.packet.Type == socketio.Connect {
		return e.closeForFailure(ctx, m.ConnectionID, "handle a message", err)
	}
	e.log.failure(ctx, "handle a message", m.ConnectionID, err)
	return e.refuse(ctx, m.ConnectionID, in.packet, Safe(err))
}

// incoming is a message that has been decoded.
type incoming struct {
	Message
	frame engineio.Packet
	// packet is the Socket.IO packet of a frame of type engineio.Message; otherwise zero.
	packet socketio.Packet
	// price is what the message counts when it arrives, in deliveries.
	price int64
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
func (e *engine) load(ctx context.Context, in incoming) (store.Connection, []byte) {
	id := in.ConnectionID
	touch := store.Touch{Now: e.options.Now(), Window: e.options.Rate.Per, Price: in.price}
	if in.hasPacket() && in.packet.Attachments == 0 {
		touch.Packet = in.At
	}
	c, err := e.options.Store.Touch(ctx, id, touch)
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, store.ErrNoConnection):
		if e.recovery != nil && in.hasPacket() && in.packet.Type == socketio.Disconnect {
			e.log.failure(ctx, "record a leave", id, e.recovery.recordLeave(ctx, id, in.packet.Namespace))
		}
		e.log.failure(ctx, "close", id, e.options.Gateway.Close(ctx, id))
		return c, noop
	case in.hasPacket() && in.packet.Type == socketio.Connect:
		// Without an answer the client would wait for ever. Closed, it reconnects.
		return c, e.closeForFailure(ctx, id, "load connection", err)
	default:
		e.log.failure(ctx, "load connection", id, err)
		e.options.Observer.Refused(ctx, CodeUnavailable)
		return c, e.refuse(ctx, id, in.packet, Unavailable(err))
	}
}

// limitRate returns the answer to a message above the connection's rate, or nil.
func (e *engine) limitRate(ctx context.Context, in incoming, c store.Connection) []byte {
	switch {
	case c.Recent > 4*e.options.Rate.Messages:
		e.log.WarnContext(ctx, "connection closed for its rate", "connection", c.ID, "messages", c.Recent)
		e.log.failure(ctx, "close", c.ID, e.ender.endAndClose(ctx, c.ID, ForcedServerClose))
		return noop
	case neverJoined(c) && c.Ordinal >= int64(e.options.MaxUnjoined):
		return e.closeUnjoined(ctx, c.ID, errUnjoined)
	case c.Recent <= e.options.Rate.Messages || !in.hasPacket():
		return nil
	}
	switch in.packet.Type {
	case socketio.Event:
		e.countRateLimited(ctx, c)
		return e.refuse(ctx, c.ID, in.packet, e.errRate())
	case socketio.Connect:
		e.countRateLimited(ctx, c)
		return connectError(in.packet.Namespace, connectErrorPayload(e.errRate()))
	default:
		return nil
	}
}

var errRateLimited = &Error{Code: CodeRateLimited, Message: "Too many messages in a short time.", Temporary: true}

// errRate is the error for a message above its connection's rate.
func (e *engine) errRate() *Error {
	return e.errLimited(e.options.Now().Truncate(e.options.Rate.Per).Add(e.options.Rate.Per))
}

func (e *engine) countRateLimited(ctx context.Context, c store.Connection) {
	e.log.WarnContext(ctx, "message refused for its rate", "connection", c.ID, "messages", c.Recent)
	e.options.Observer.Refused(ctx, CodeRateLimited)
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
func (e *engine) closeForViolation(ctx context.Context, id string, err error) []byte {
	reason := ForcedClose
	var v *violation
	if errors.As(err, &v) {
		reason = v.reason
	}
	e.log.WarnContext(ctx, "connection closed for a protocol violation", "connection", id, "error", err)
	e.log.failure(ctx, "close", id, e.ender.endAndClose(ctx, id, reason))
	return noop
}

// explainLimit tells a client that its packet passes a limit, where the protocol has an answer
// to the packet. Otherwise the client would see a close without a reason, and after a CONNECT
// it would try again for ever.
func (e *engine) explainLimit(ctx context.Context, in incoming, err error) {
	var limit *socketio.LimitError
	if !errors.As(err, &limit) {
		return
	}
	because := Errorf(CodeTooLarge, "%s", limit.Message)
	answer := e.refuse(ctx, in.ConnectionID, in.packet, because)
	if in.packet.Type == socketio.Connect {
		answer = connectError(in.packet.Namespace, connectErrorPayload(because))
	}
	if bytes.Equal(answer, noop) {
		return
	}
	if err := e.poster.post(ctx, in.ConnectionID, [][]byte{answer}, patient); !errors.Is(err, ErrGone) {
		e.log.failure(ctx, "explain a limit", in.ConnectionID, err)
	}
}

// closeForFailure closes a connection for a failure on our side. A connect_error would keep
// the client from trying again; after a close it reconnects.
func (e *engine) closeForFailure(ctx context.Context, id, operation string, err error) []byte {
	e.log.failure(ctx, operation, id, err)
	e.log.failure(ctx, "close", id, e.ender.endAndClose(ctx, id, TransportError))
	return noop
}
