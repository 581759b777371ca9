package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// connect handles a CONNECT packet: middlewares, admission, the reply, and the
// connection handlers, in this order (Socket.IO protocol v5, "Connection to a
// namespace").
func (s *Server) connect(ctx context.Context, t *turn, c store.Connection, p socketio.Packet) []byte {
	ns := s.namespace(p.Namespace)
	if ns == nil {
		return connectError(p.Namespace, map[string]any{"message": "Invalid namespace"})
	}
	if _, joined := c.Sockets[ns.name]; joined && s.stillJoined(ctx, c.ID, ns) {
		return s.violated(ctx, c.ID, ForcedServerClose, errors.New("a second CONNECT to a namespace"))
	}
	if len(c.Sockets) >= s.options.MaxNamespaces {
		return connectError(ns.name, map[string]any{"message": "Too many namespaces"})
	}
	socket, earlier, err := s.newSession(ctx, c, ns, p)
	if err != nil {
		return s.interrupt(ctx, c.ID, "recover session", err)
	}
	if !socket.recovered || !s.options.Recovery.SkipMiddlewares {
		for _, middleware := range ns.handlers.middlewares {
			if err := guard(func() error { return middleware(ctx, socket) }); err != nil {
				return s.refuseConnect(ctx, c, ns, err)
			}
		}
	}
	if socket.recovered {
		// Not before the middlewares have admitted it: who is refused may come again.
		if err := s.options.Store.TakeSession(ctx, socket.state.PID, earlier.connectionID, c.ID); err != nil {
			return s.interrupt(ctx, c.ID, "take session", err)
		}
	}
	switch err := s.options.Store.AddSocket(ctx, c, ns.name, socket.state); {
	case errors.Is(err, store.ErrSocketExists):
		return s.violated(ctx, c.ID, ForcedServerClose, errors.New("a second CONNECT to a namespace"))
	case err != nil:
		return s.interrupt(ctx, c.ID, "store socket", err)
	}
	socket.admitted = true
	if socket.recovered {
		if err := s.replay(ctx, c.ID, ns, socket.state, earlier.offset); err != nil {
			return s.interrupt(ctx, c.ID, "replay", err)
		}
	}
	reply, err := socketio.NewConnect(ns.name, connectReply{socket.state.ID, socket.state.PID})
	if err != nil {
		return s.interrupt(ctx, c.ID, "encode CONNECT", err)
	}
	t.setReply(reply.Frames()[0])
	for _, handler := range ns.handlers.connection {
		if err := guard(func() error { return handler(ctx, socket) }); err != nil {
			if Safe(err).Temporary {
				return s.interrupt(ctx, c.ID, "connection handler failed for a while", err)
			}
			s.logFailure(ctx, "connection handler failed", Safe(err), "namespace", ns.name, "connection", c.ID)
			s.logError(ctx, "disconnect", c.ID, s.disconnectSocket(ctx, socket.ref()))
			break
		}
	}
	if len(ns.handlers.connection) > 0 {
		s.logError(ctx, "end what ended meanwhile", c.ID, s.endIfEnded(ctx, c, socket))
	}
	if frame := t.takeReply(); frame != nil {
		return frame
	}
	return noop
}

// endIfEnded runs the disconnect handlers of a socket that ended while its connection
// handlers ran. They ran then, too, and before something that they are to undo.
func (s *Server) endIfEnded(ctx context.Context, c store.Connection, socket *Socket) error {
	connections, err := s.options.Store.Connections(ctx, []string{c.ID})
	if err != nil {
		return err
	}
	ns, state := socket.namespace, socket.state
	if len(connections) > 0 && connections[0].Sockets[ns.name].ID == state.ID {
		return nil
	}
	state.PID = "" // its session has been saved
	return s.endSockets(ctx, c, map[string]store.SocketState{ns.name: state}, TransportClose)
}

// connectReply is the payload of the reply to a CONNECT.
type connectReply struct {
	SID string `json:"sid"`
	PID string `json:"pid,omitempty"`
}

// newSession returns the socket of a CONNECT, not admitted yet: the client's earlier
// one, with what is known of it, or a new one.
func (s *Server) newSession(ctx context.Context, c store.Connection, ns *Namespace, p socketio.Packet) (*Socket, earlier, error) {
	state, before, err := s.findSession(ctx, ns, p.Payload)
	recovered := err == nil
	if errors.Is(err, store.ErrNoSession) {
		state, err = store.SocketState{ID: newID()}, nil
		if s.options.Recovery != nil {
			state.PID = newPID(s.options.Now())
		}
	}
	socket := newSocket(ns, c, state)
	socket.handshake.Auth = p.Payload
	socket.admitted, socket.recovered = false, recovered
	return socket, before, err
}

// interrupt closes a connection for a failure on our side: a connect_error would
// stop the client from trying again, and a closed connection makes it come back.
func (s *Server) interrupt(ctx context.Context, id, what string, err error) []byte {
	s.logError(ctx, what, id, err)
	s.logError(ctx, "close", id, s.shut(ctx, id, TransportError))
	return noop
}

// refuseConnect answers a CONNECT that a middleware refused. When the cause is on
// our side the connection is closed instead, because a client comes back from
// that by itself and not from a connect_error.
func (s *Server) refuseConnect(ctx context.Context, c store.Connection, ns *Namespace, err error) []byte {
	safe := Safe(err)
	s.logFailure(ctx, "socket refused", safe, "namespace", ns.name, "connection", c.ID)
	s.log.InfoContext(ctx, "socket refused", "code", safe.Code, "namespace", ns.name, "connection", c.ID, "address", c.Handshake.Address)
	if safe.Temporary {
		return s.interrupt(ctx, c.ID, "refused for a while", err)
	}
	return connectError(ns.name, refusal(safe))
}

// refusal is the payload of a CONNECT_ERROR.
func refusal(e *Error) map[string]any {
	payload := map[string]any{"message": e.Message}
	switch {
	case e.Data != nil:
		payload["data"] = e.Data
	case e.Code != "":
		payload["data"] = map[string]string{"code": e.Code}
	}
	return payload
}

// stillJoined gives a DISCONNECT that is being handled at this moment, and was sent
// before this CONNECT, the time to finish.
func (s *Server) stillJoined(ctx context.Context, id string, ns *Namespace) bool {
	for _, wait := range []time.Duration{50, 100, 200} {
		if sleep(ctx, wait*time.Millisecond) != nil {
			return true
		}
		connections, err := s.options.Store.Connections(ctx, []string{id})
		if err != nil || len(connections) == 0 {
			return true
		}
		if _, joined := connections[0].Sockets[ns.name]; !joined {
			return false
		}
	}
	return true
}

func connectError(namespace string, payload any) []byte {
	p, err := socketio.NewConnectError(namespace, payload)
	if err != nil { // a middleware's data that has no JSON form
		p, _ = socketio.NewConnectError(namespace, map[string]string{"message": "refused"})
	}
	return p.Frames()[0]
}
