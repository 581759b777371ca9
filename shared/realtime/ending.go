package realtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// The ending of a connection. API Gateway's $disconnect, a post that found the
// connection gone, a missed pong and the server's own close all lead to end, in
// any number and order. A claim in the store decides who runs the handlers; the
// record goes last, so that an ending whose function died, or whose handler
// failed, is found and finished by the sweep.

// Closed handles API Gateway's $disconnect with its status code.
func (s *Server) Closed(ctx context.Context, connectionID string, code int) error {
	return s.end(ctx, connectionID, reasonOf(code))
}

// end runs the ending of a connection that no longer exists, or shall not.
func (s *Server) end(ctx context.Context, id string, reason Reason) error {
	err := s.claimAndEnd(ctx, id, reason)
	if errors.Is(err, store.ErrClaimed) || errors.Is(err, store.ErrNoConnection) {
		return nil
	}
	return err
}

// claimAndEnd is end, and says when somebody else is ending the connection (ErrClaimed) or
// nothing is known of it (ErrNoConnection).
func (s *Server) claimAndEnd(ctx context.Context, id string, reason Reason) error {
	ctx = withTurn(ctx, nil)
	c, err := s.options.Store.ClaimConnection(ctx, id, s.options.Now(), reason)
	if err == nil {
		err = s.endClaimed(ctx, c, reason)
	}
	if err != nil {
		return fmt.Errorf("end connection: %w", err)
	}
	return nil
}

// endClaimed runs the ending of a connection that the caller has claimed.
func (s *Server) endClaimed(ctx context.Context, c store.Connection, reason Reason) error {
	id := c.ID
	// A socket whose own ending is under way is that one's, and whoever ends the last
	// socket takes the record away.
	mine := maps.Clone(c.Sockets)
	maps.DeleteFunc(mine, func(_ string, socket store.SocketState) bool {
		return !socket.EndedAt.IsZero() && s.options.Now().Sub(socket.EndedAt) <= store.ClaimLease
	})
	if reason == ServerNamespaceDisconnect { // which clients do not come back from by themselves
		for _, namespace := range slices.Sorted(maps.Keys(mine)) {
			_ = s.post(ctx, id, socketio.NewDisconnect(namespace).Frames(), false)
		}
	}
	err := s.endSockets(ctx, c, mine, reason)
	switch {
	case err != nil:
	case len(mine) == len(c.Sockets):
		err = s.options.Store.RemoveConnection(ctx, id)
	default:
		err = s.forgetSockets(ctx, id, mine)
	}
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "connection ended", "connection", id, "reason", string(reason),
		"seconds", int(s.options.Now().Sub(c.ConnectedAt).Seconds()))
	return nil
}

// endGone ends a connection that the gateway no longer knows, and returns the error that
// said so; it is errUnrecorded if there was nothing to end. The caller has other things to do
// than to hear of failures, and the sweep repeats it. The connection is closed as well, in
// case that the gateway was wrong: its client comes back, and would else hear nothing more.
func (s *Server) endGone(ctx context.Context, id string, gone error) error {
	if s.bare() {
		return gone
	}
	switch err := s.claimAndEnd(ctx, id, TransportClose); {
	case errors.Is(err, store.ErrNoConnection):
		return errUnrecorded
	case errors.Is(err, store.ErrClaimed):
		return gone
	default:
		s.logError(ctx, "end a gone connection", id, err)
	}
	s.logError(ctx, "close", id, s.options.Gateway.Close(context.WithoutCancel(ctx), id))
	return gone
}

// shut ends a connection and closes it.
func (s *Server) shut(ctx context.Context, id string, reason Reason) error {
	return errors.Join(s.end(ctx, id, reason), s.options.Gateway.Close(ctx, id))
}

// forgetSockets takes ended sockets out of their connection's record, and takes the
// record away when the connection has ended and they were its last.
func (s *Server) forgetSockets(ctx context.Context, id string, sockets map[string]store.SocketState) error {
	for namespace, state := range sockets {
		at := state.EndedAt
		if at.IsZero() {
			at = s.options.Now()
		}
		last, err := s.options.Store.RemoveSocket(ctx, id, namespace, at)
		if err == nil && last {
			err = s.options.Store.RemoveConnection(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endSocket ends one socket of a connection that stays. With a farewell, the client
// is told so, once it is decided that the ending is this one: what the client does
// then must not be taken for the cause.
func (s *Server) endSocket(ctx context.Context, socket store.SocketRef, reason Reason, farewell [][]byte) error {
	c, err := s.options.Store.ClaimSocket(ctx, socket, s.options.Now(), reason)
	if errors.Is(err, store.ErrClaimed) || errors.Is(err, store.ErrNoSocket) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("end socket: %w", err)
	}
	var farewellErr error
	if farewell != nil {
		if farewellErr = s.post(ctx, socket.ConnectionID, farewell, false); errors.Is(farewellErr, ErrGone) {
			farewellErr = nil
		}
	}
	mine := map[string]store.SocketState{socket.Namespace: c.Sockets[socket.Namespace]}
	if err := s.endSockets(ctx, c, mine, reason); err != nil {
		return errors.Join(farewellErr, fmt.Errorf("end socket: %w", err))
	}
	if err := s.forgetSockets(ctx, socket.ConnectionID, mine); err != nil {
		return errors.Join(farewellErr, fmt.Errorf("end socket: %w", err))
	}
	return farewellErr
}

// disconnectSocket ends a socket from the server's side and tells its client.
func (s *Server) disconnectSocket(ctx context.Context, socket store.SocketRef) error {
	return s.endSocket(ctx, socket, ServerNamespaceDisconnect, socketio.NewDisconnect(socket.Namespace).Frames())
}

// endSockets runs the handlers of sockets that end, around their leaving all rooms. What
// the first ones change is saved with the session.
func (s *Server) endSockets(ctx context.Context, c store.Connection, sockets map[string]store.SocketState, reason Reason) error {
	var errs []error
	final := maps.Clone(sockets)
	ending := map[string]*Socket{}
	for name, state := range sockets {
		state.Reason = s.reasonFor(state, reason)
		final[name] = state
		if ns := s.namespace(name); ns != nil {
			ending[name] = newSocket(ns, c, state)
		}
	}
	run := func(of func(*handlers) []DisconnectHandler) {
		for name, socket := range ending {
			for _, handler := range of(socket.namespace.handlers) {
				if err := guard(func() error { return handler(ctx, socket, socket.state.Reason) }); err != nil {
					errs = append(errs, fmt.Errorf("disconnect handler of %s: %w", name, err))
				}
			}
		}
	}
	run(func(h *handlers) []DisconnectHandler { return h.disconnecting })
	for name, socket := range ending {
		final[name] = socket.state
	}
	if err := s.options.Store.Vacate(ctx, c.ID, sockets); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, socket := range ending {
		socket.left = true
	}
	run(func(h *handlers) []DisconnectHandler { return h.disconnect })
	// Last, so that no socket is recovered whose handlers are still to run.
	errs = append(errs, s.saveSessions(ctx, c, final, len(errs) > 0))
	return errors.Join(errs...)
}

// reasonFor returns why a socket ends with its connection, or by itself: its own reason
// counts before the connection's. One that has expired is ended by the server, whoever
// finds it first.
func (s *Server) reasonFor(state store.SocketState, reason Reason) Reason {
	if state.Expired(s.options.Now()) {
		return ServerNamespaceDisconnect
	}
	return cmp.Or(state.Reason, reason)
}
