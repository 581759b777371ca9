package realtime

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// connect handles a CONNECT packet: it finds the namespace, identifies the client, admits the
// socket, and welcomes it (Socket.IO protocol v5, "Connection to a namespace").
func (x *exchange) connect(ctx context.Context, p socketio.Packet) []byte {
	c := connecting{exchange: x, packet: p}
	steps := []func(context.Context) []byte{c.findNamespace, c.loadHandshake, c.identify, c.admit, c.welcome}
	for _, step := range steps {
		if answer := step(ctx); answer != nil {
			return answer
		}
	}
	return noop
}

// connecting is a CONNECT packet while it is handled. Each of its steps returns nil, or the
// answer to the packet if the step is the last one.
//
//layout:large because a CONNECT has this many steps, one method for each
type connecting struct {
	*exchange
	packet    socketio.Packet
	namespace *Namespace
	socket    *Socket
	// session is what socket recovers, if it does.
	session returning
	// looked: the socket still existed when its reply had left.
	looked atomic.Bool
}

// findNamespace finds the namespace and checks that the client may have a socket there.
func (c *connecting) findNamespace(ctx context.Context) []byte {
	name := c.packet.Namespace
	if c.namespace = c.namespaces.find(name); c.namespace == nil {
		c.log.clientError(ctx, "socket refused", "code", "invalid_namespace", "namespace", name, "connection", c.connection.ID)
		return connectError(name, map[string]any{"message": "Invalid namespace"})
	}
	if _, joined := c.connection.Sockets[name]; joined && c.staysJoined(ctx) {
		return c.closeForSecondConnect(ctx)
	}
	if len(c.connection.Sockets) >= c.options.MaxNamespaces {
		c.log.clientError(ctx, "socket refused", "code", "too_many_namespaces", "namespace", name, "connection", c.connection.ID)
		return connectError(name, map[string]any{"message": "Too many namespaces"})
	}
	return nil
}

// loadHandshake loads a handshake that is stored beside the connection's record.
func (c *connecting) loadHandshake(ctx context.Context) []byte {
	connections := []store.Connection{c.connection}
	if err := loadHandshakes(ctx, c.options.Store, connections); err != nil {
		return c.closeForFailure(ctx, c.connection.ID, "load handshake", err)
	}
	c.connection = connections[0]
	return nil
}

func (c *connecting) closeForSecondConnect(ctx context.Context) []byte {
	err := errors.New("a second CONNECT to a namespace")
	return c.closeForViolation(ctx, c.connection.ID, &violation{ForcedServerClose, err})
}

// staysJoined reports whether the connection keeps its socket in the namespace. It gives a
// DISCONNECT that was sent before this CONNECT, and is being handled now, the time to finish.
func (c *connecting) staysJoined(ctx context.Context) bool {
	backoff := wait.Backoff{First: 50 * time.Millisecond, Times: 4}
	for attempt := range backoff.Attempts(ctx) {
		if attempt == 1 {
			continue // the connection has just been read
		}
		connections, err := c.options.Store.Connections(ctx, []string{c.connection.ID})
		if err != nil || len(connections) == 0 {
			return true
		}
		if _, joined := connections[0].Sockets[c.namespace.name]; !joined {
			return false
		}
	}
	return true
}

// identify makes the socket, which is not admitted yet: the one that the client recovers, or
// a new one.
func (c *connecting) identify(ctx context.Context) []byte {
	if c.recovery != nil {
		found, err := c.recovery.findSession(ctx, c.namespace.name, c.packet.Payload)
		if err == nil {
			c.makeSocket(found, true)
			return nil
		}
		if !errors.Is(err, store.ErrNoSession) {
			return c.closeForFailure(ctx, c.connection.ID, "recover session", err)
		}
	}
	return c.makeNewSocket(ctx)
}

func (c *connecting) makeNewSocket(ctx context.Context) []byte {
	session := returning{state: store.SocketState{ID: newID()}}
	if c.recovery != nil {
		var err error
		if session, err = c.recovery.newSession(ctx); err != nil {
			return c.closeForFailure(ctx, c.connection.ID, "begin session", err)
		}
	}
	c.makeSocket(session, false)
	return nil
}

func (c *connecting) makeSocket(session returning, recovered bool) {
	c.session = session
	c.socket = newSocket(c.namespace, c.connection, session.state)
	c.socket.handshake.Auth = c.packet.Payload
	c.socket.admitted, c.socket.recovered = false, recovered
	if !recovered { // clients that recover keep what comes before the reply
		c.socket.state.Answering = c.options.Now().Add(answeringFor)
	}
}

// admit runs the middlewares and stores the socket.
func (c *connecting) admit(ctx context.Context) []byte {
	id := c.connection.ID
	err := c.runMiddlewares(ctx)
	if c.socket.recovered && errors.Is(err, ErrNewSession) {
		if answer := c.makeNewSocket(ctx); answer != nil {
			return answer
		}
		err = c.runMiddlewares(ctx)
	}
	if err == nil {
		err = c.payEntrance(ctx)
	}
	if err != nil {
		return c.refuseSocket(ctx, err)
	}
	if c.socket.recovered {
		if answer := c.takeSession(ctx); answer != nil {
			return answer
		}
	}
	switch err := c.options.Store.AddSocket(ctx, c.connection, c.namespace.name, c.socket.state); {
	case errors.Is(err, store.ErrSocketExists):
		return c.closeForSecondConnect(ctx)
	case errors.Is(err, store.ErrNoConnection):
		return c.closeForFailure(ctx, id, "store socket", err)
	case err != nil:
		answer := c.closeForFailure(ctx, id, "store socket", err)
		c.vacate(ctx)
		return answer
	}
	c.socket.admitted = true
	return nil
}

// takeSession takes the session that the socket recovers, after the middlewares: a client that
// they refuse may try again. If the session has gone since it was found, because it expired or
// another connection took it, the client gets a new one.
func (c *connecting) takeSession(ctx context.Context) []byte {
	id := c.connection.ID
	err := c.options.Store.TakeSession(ctx, c.socket.state.PID, c.session.connectionID, id)
	if err == nil {
		return nil
	}
	if !errors.Is(err, store.ErrNoSession) {
		return c.closeForFailure(ctx, id, "take session", err)
	}
	if answer := c.makeNewSocket(ctx); answer != nil {
		return answer
	}
	if err := c.runMiddlewares(ctx); err != nil {
		return c.refuseSocket(ctx, err)
	}
	return nil
}

// vacate takes a socket whose connection has been closed out of its rooms. Another function may
// have ended the connection before the memberships were written. While the connection has not
// ended, the memberships may be those of a second delivery of the CONNECT, and its ending will find
// what its record has.
func (c *connecting) vacate(ctx context.Context) {
	connections, err := c.options.Store.Connections(ctx, []string{c.connection.ID})
	if err != nil || len(connections) > 0 {
		c.log.failure(ctx, "look whether a connection has ended", c.connection.ID, err)
		return
	}
	state := map[string]store.SocketState{c.namespace.name: c.socket.state}
	c.log.failure(ctx, "vacate", c.connection.ID, c.options.Store.Vacate(ctx, c.connection.ID, state))
}

func (c *connecting) runMiddlewares(ctx context.Context) error {
	if c.socket.recovered && c.recovery.SkipMiddlewares {
		return nil
	}
	for _, middleware := range c.namespace.handlers.middlewares {
		if err := c.run(ctx, func(ctx context.Context) error { return middleware(ctx, c.socket) }); err != nil {
			return err
		}
	}
	return nil
}

// refuseSocket answers a CONNECT that a middleware refused. If the cause is on our side the
// connection is closed instead: then the client tries again, which it does not after a
// connect_error.
func (c *connecting) refuseSocket(ctx context.Context, err error) []byte {
	safe, name, id := Safe(err), c.namespace.name, c.connection.ID
	c.log.refusal(ctx, "socket refused", safe, "namespace", name, "connection", id)
	c.log.InfoContext(ctx, "socket refused", "code", safe.Code, "namespace", name, "connection", id,
		"address", c.connection.Handshake.Address)
	if safe.Temporary && safe.Code != CodeRateLimited {
		return c.closeForFailure(ctx, id, "socket refused for a temporary failure", err)
	}
	return connectError(name, connectErrorPayload(safe))
}

// welcome sends the socket the packets that it missed, then the reply to its CONNECT, and
// runs the connection handlers. The reply leaves before anything that they emit.
func (c *connecting) welcome(ctx context.Context) []byte {
	id, socket := c.connection.ID, c.socket
	if socket.recovered {
		if err := c.replay(ctx); err != nil {
			return c.closeForFailure(ctx, id, "replay", err)
		}
	}
	reply, err := socketio.NewConnect(c.namespace.name, connectReply{socket.state.ID, socket.state.PID})
	if err != nil {
		return c.closeForFailure(ctx, id, "encode CONNECT", err)
	}
	c.turn.holdReply(&heldReply{frame: reply.Frames()[0], posted: c.replied})
	var answer []byte
	c.payArrival(ctx, func(ctx context.Context) { answer = c.runConnectionHandlers(ctx) })
	if answer != nil {
		return answer
	}
	c.looked.Store(false) // if the reply has left, it was before the handlers were done
	answer = c.reply(ctx)
	if len(c.namespace.handlers.connection) > 0 && !socket.endedHere {
		c.log.failure(ctx, "end a socket that ended meanwhile", id, c.endIfEnded(ctx))
	}
	return answer // nil if it has been posted
}

// runConnectionHandlers returns nil, or the answer to the packet if a handler failed and the
// connection is closed.
func (c *connecting) runConnectionHandlers(ctx context.Context) []byte {
	id, socket := c.connection.ID, c.socket
	for _, handler := range c.namespace.handlers.connection {
		if err := c.run(ctx, func(ctx context.Context) error { return handler(ctx, socket) }); err != nil {
			if Safe(err).Temporary {
				answer := c.closeForFailure(ctx, id, "connection handler failed temporarily", err)
				c.vacate(ctx)
				return answer
			}
			c.log.refusal(ctx, "connection handler failed", Safe(err), "namespace", c.namespace.name, "connection", id)
			c.log.failure(ctx, "disconnect", id, socket.Disconnect(ctx, false))
			break
		}
	}
	return nil
}

// connectReply is the payload of the reply to a CONNECT.
type connectReply struct {
	SID string `json:"sid"`
	PID string `json:"pid,omitempty"`
}

// replay posts to a recovered socket the packets that it missed.
func (c *connecting) replay(ctx context.Context) error {
	packets, err := c.recovery.missed(ctx, c.socket.ref(), c.socket.state)
	if err != nil {
		return err
	}
	for i, p := range packets {
		if i == len(packets)-1 {
			if p, err = c.recovery.renamed(ctx, p); err != nil {
				return err
			}
		}
		if err := c.repost(ctx, p.Frames); err != nil {
			return err
		}
	}
	return nil
}

// repost posts a packet that was missed. Where it is unknown whether a single frame was sent, it
// is sent again: the client might get a packet twice, but if the recovery failed it would get
// all of them twice.
func (c *connecting) repost(ctx context.Context, frames [][]byte) (err error) {
	for range 3 {
		err = c.poster.post(ctx, c.connection.ID, frames, patient)
		if len(frames) > 1 || !errors.Is(err, ErrUnanswered) {
			return err
		}
	}
	return err
}

// endIfEnded runs the disconnect handlers of a socket that another invocation ended while the
// connection handlers were running. They also ran when it ended, which was before something
// that they undo.
func (c *connecting) endIfEnded(ctx context.Context) error {
	if c.looked.Load() {
		return nil
	}
	connections, err := c.options.Store.Connections(ctx, []string{c.connection.ID})
	if err != nil {
		return err
	}
	var there string
	if len(connections) > 0 {
		there = connections[0].Sockets[c.namespace.name].ID
	}
	state := c.socket.state
	if there == state.ID {
		return nil
	}
	state.PID = "" // its session has been saved
	ended := map[string]store.SocketState{c.namespace.name: state}
	if there != "" { // in the same rooms, perhaps, by the same keys
		return c.ender.runEndingOf(ctx, c.connection, ended, TransportClose, func() error { return nil })
	}
	return c.ender.endSockets(ctx, c.connection, ended, TransportClose)
}
