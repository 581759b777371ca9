package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// exchange handles one message of a client. Its methods return the route response.
type exchange struct {
	*engine
	connection store.Connection
	turn       *turn
	// at is when the gateway received the message, and deadline when its handlers must have
	// returned.
	at, deadline time.Time
	// limitedUntil is until when events and CONNECTs are refused.
	limitedUntil time.Time
	// price is what the message has counted.
	price int64
}

// lateGrace is how long a handler may take to return when its context is done.
const lateGrace = 200 * time.Millisecond

// deadline returns when the handlers of a message must have returned that the gateway received
// at a time. Since then a cold start may have passed, for which the gateway does not wait longer.
// It takes two fifths of the time at most, which are Lambda's 10 s: what is more is a difference
// between two clocks.
func (o Options) deadline(at, now time.Time) time.Time {
	passed := min(max(now.Sub(at), 0), o.HandlerDeadline*2/5)
	return now.Add(o.HandlerDeadline - passed)
}

var errLate = Unavailable(errors.New("the handler did not return in time"))

// run runs application code until the deadline. With errLate the code has not returned, and
// whatever it was given is still its own.
func (x *exchange) run(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	returned := make(chan error, 1)
	go func() { returned <- guard(func() error { return f(ctx) }) }()
	select {
	case err := <-returned:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-returned:
		return err
	case <-time.After(lateGrace):
		return errLate
	}
}

// dispatch passes a message on by what its frame is. A text frame may be a whole packet or
// the header of a binary packet.
func (x *exchange) dispatch(ctx context.Context, in incoming) []byte {
	switch {
	case in.frame.Type == engineio.Binary:
		return x.attachment(ctx, in.frame.Binary)
	case in.frame.Type == engineio.Noop:
		// Clients send none. The canary does, to learn what becomes of an empty answer.
		return nil
	case !in.hasPacket(): // a pong, or a frame that the protocol says to ignore
		return noop
	case in.packet.Attachments > 0:
		return x.header(ctx, in.packet, in.frame.Text)
	}
	if x.connection.Binary > 0 {
		if err := x.waitForPendingBinary(ctx, x.at); err != nil {
			return x.closeForViolation(ctx, x.connection.ID, err)
		}
	}
	return x.handle(ctx, in.packet, x.at)
}

// handle handles a complete packet that was received at a time.
func (x *exchange) handle(ctx context.Context, p socketio.Packet, at time.Time) []byte {
	if p.Type == socketio.Connect {
		if limited := x.limited(ctx); limited != nil {
			return connectError(p.Namespace, connectErrorPayload(limited))
		}
		return x.connect(ctx, p)
	}
	if answer := x.rejectUnjoined(ctx, p, at); answer != nil {
		return answer
	}
	id := x.connection.ID
	socket := newSocket(x.namespaces.find(p.Namespace), x.connection, x.connection.Sockets[p.Namespace])
	if socket.state.Expired(x.options.Now()) {
		_, err := x.ender.disconnect(ctx, socket.ref(), false)
		x.log.failure(ctx, "disconnect expired socket", id, err)
		return noop
	}
	socket.loadRoomsLater(ctx)
	socket.loadHandshakeLater(ctx, x.connection)
	switch p.Type {
	case socketio.Event, socketio.BinaryEvent:
		if limited := x.limited(ctx); limited != nil {
			return x.refuse(ctx, id, p, limited)
		}
		return x.event(ctx, socket, p, at)
	case socketio.Ack, socketio.BinaryAck:
		x.ack(ctx, socket, p)
	case socketio.Disconnect:
		x.log.failure(ctx, "disconnect", id, x.ender.endSocket(ctx, socket.ref(), ClientNamespaceDisconnect))
	}
	return noop
}

// rejectUnjoined closes the connection if a packet names a namespace without a socket
// (Socket.IO protocol v5, "Disconnection from a namespace"). It ignores a packet that merely
// lost the race with the socket's end. It returns nil if the namespace has a socket.
func (x *exchange) rejectUnjoined(ctx context.Context, p socketio.Packet, at time.Time) []byte {
	state, joined := x.connection.Sockets[p.Namespace]
	if joined && state.EndedAt.IsZero() && x.namespaces.find(p.Namespace) != nil {
		return nil
	}
	endedAt := x.connection.LeftAt
	if joined {
		endedAt = state.EndedAt
	}
	if x.options.Dispatch == mode.Concurrent && !at.After(endedAt) {
		return noop
	}
	err := fmt.Errorf("a %v packet for a namespace that is not joined", p.Type)
	if neverJoined(x.connection) {
		return x.closeUnjoined(ctx, x.connection.ID, err)
	}
	return x.closeForViolation(ctx, x.connection.ID, &violation{ForcedServerClose, err})
}

// event runs the handler of an event and returns its acknowledgement.
func (x *exchange) event(ctx context.Context, socket *Socket, p socketio.Packet, at time.Time) []byte {
	id, ns := x.connection.ID, socket.namespace
	name, args, err := p.Event()
	if err != nil {
		return x.closeForViolation(ctx, id, err)
	}
	e := &Event{Name: name, Args: args, NeedsAck: p.HasID, At: at}
	err = x.run(x.withBill(ctx, p), func(ctx context.Context) error {
		err := ns.handlers.run(ctx, socket, e)
		if socket.rest.failed != nil { // the handler has decided without it
			err, e.acked = Unavailable(socket.rest.failed), false
		}
		return err
	})
	if err != nil && (err == errLate || !e.acked) {
		safe := Safe(err)
		x.log.refusal(ctx, "event failed", safe, append([]any{"event", name, "namespace", ns.name, "connection", id}, x.log.payload(p.Payload)...)...)
		return x.refuse(ctx, id, p, safe)
	}
	x.log.failure(ctx, "event failed after its acknowledgement", id, err)
	if e.dropped > 0 {
		x.log.clientError(ctx, "arguments dropped: the handler takes fewer", append([]any{"dropped", e.dropped,
			"event", name, "namespace", ns.name, "connection", id}, x.log.payload(p.Payload)...)...)
	}
	if !p.HasID || !e.acked {
		return noop
	}
	ack, err := socketio.NewAck(ns.name, p.ID, e.reply...)
	if err != nil {
		x.log.failure(ctx, "encode acknowledgement", id, err)
		return x.refuse(ctx, id, p, Safe(err))
	}
	return x.acknowledge(ctx, id, p, ack.Frames())
}

// ack passes a client's acknowledgement to the handler that its id names, or to the function
// that waits for it.
func (x *exchange) ack(ctx context.Context, socket *Socket, p socketio.Packet) {
	id := x.connection.ID
	handled, err := x.runAckHandler(ctx, socket, p)
	x.log.failure(ctx, "acknowledgement handler failed", id, err)
	if !handled {
		x.log.failure(ctx, "store acknowledgement", id, x.storeAnswer(ctx, p))
	}
}
