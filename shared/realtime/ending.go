package realtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// ender ends connections and sockets. API Gateway's $disconnect, a post to a connection
// that is gone, a missed pong and the server's own close all lead here, in any number and
// order. A claim in the store decides which caller runs the handlers. The record is deleted
// last, so that the sweep finds and finishes an ending whose function died or whose
// handler failed.
type ender struct {
	store      store.Store
	namespaces *registry
	poster     *poster
	recovery   *recoverer // nil: recovery is off
	log        logger
	now        func() time.Time
}

// Closed handles API Gateway's $disconnect with its status code. A client that disconnects on
// purpose sends a DISCONNECT and closes the connection at once, so both may be handled at the
// same time. After a regular close (RFC 6455, section 7.4.1) Closed gives the DISCONNECT the
// time to end the socket first, for its own reason.
func (s *Server) Closed(ctx context.Context, connectionID string, code int) error {
	reason := reasonOf(code)
	s.ender.note(ctx, connectionID, reason, hasClosed)
	if code == closeNormal || code == closeNoStatus {
		s.ender.awaitDisconnect(ctx, connectionID, 750*time.Millisecond)
	}
	_, err := mine(s.ender.runClaimed(ctx, connectionID, reason, hasClosed))
	return err
}

const (
	closeNormal   = 1000
	closeNoStatus = 1005
)

// awaitDisconnect waits until no socket of a connection is open, for as long as patience.
func (e *ender) awaitDisconnect(ctx context.Context, id string, patience time.Duration) {
	backoff := wait.Backoff{First: 50 * time.Millisecond, For: patience}
	for attempt := range backoff.Attempts(ctx) {
		if attempt == 1 {
			continue // the DISCONNECT has hardly arrived
		}
		connections, err := e.store.Connections(ctx, []string{id})
		if err != nil || len(connections) == 0 || !hasOpenSocket(connections[0]) {
			return
		}
	}
}

func hasOpenSocket(c store.Connection) bool {
	for _, socket := range c.Sockets {
		if socket.EndedAt.IsZero() {
			return true
		}
	}
	return false
}

// mine returns whether an ending was the caller's, from what claimAndEnd or claimAndEndSocket
// returned. Another caller's ending is no error.
func mine(err error) (bool, error) {
	switch {
	case errors.Is(err, store.ErrClaimed), errors.Is(err, store.ErrNoConnection), errors.Is(err, store.ErrNoSocket):
		return false, nil
	default:
		return err == nil, err
	}
}

// endAndClose ends a connection and closes it.
func (e *ender) endAndClose(ctx context.Context, id string, reason Reason) error {
	_, err := e.claimEndAndClose(ctx, id, reason)
	return err
}

// claimEndAndClose is endAndClose. It reports whether the ending was the caller's.
func (e *ender) claimEndAndClose(ctx context.Context, id string, reason Reason) (bool, error) {
	ended, err := mine(e.claimAndEnd(ctx, id, reason, mayBeOpen))
	if !ended {
		err = errors.Join(err, e.poster.gateway.Close(ctx, id))
	}
	return ended, err
}

// endAfterGone ends a connection that the gateway no longer knows. It returns the error
// given, or errUnrecorded if there was nothing to end. It only logs failures, because the
// caller has other connections to reach and the sweep repeats the ending. It also closes
// the connection, in case the gateway was wrong: the client then comes back, while
// otherwise it would receive nothing more.
func (e *ender) endAfterGone(ctx context.Context, id string, gone error) error {
	if e.namespaces.hasNoHandlers() {
		return gone
	}
	switch err := e.claimAndEnd(context.WithoutCancel(ctx), id, TransportClose, mayBeOpen); {
	case errors.Is(err, store.ErrNoConnection):
		return errUnrecorded
	case err != nil && !errors.Is(err, store.ErrClaimed):
		e.log.failure(ctx, "end a gone connection", id, err)
		e.poster.close(ctx, id)
	}
	return gone
}

// openness says what is known of a connection's WebSocket when the connection ends.
type openness bool

const (
	hasClosed openness = false
	mayBeOpen openness = true
)

// claimAndEnd claims and runs the ending of a connection. store.ErrClaimed when another
// caller has the claim, store.ErrNoConnection when the connection is unknown.
func (e *ender) claimAndEnd(ctx context.Context, id string, reason Reason, open openness) error {
	e.note(ctx, id, reason, open)
	return e.runClaimed(ctx, id, reason, open)
}

// runClaimed is claimAndEnd for an ending that is noted.
func (e *ender) runClaimed(ctx context.Context, id string, reason Reason, open openness) error {
	ctx = withoutTurn(ctx)
	c, err := e.claim(ctx, id, reason, open)
	if err == nil {
		err = e.runEnding(ctx, c, reason, open)
	}
	if err != nil {
		return fmt.Errorf("end connection: %w", err)
	}
	return nil
}

// closedBackoff is how often the ending of a closed connection is noted and claimed. It goes on
// for long, because API Gateway tells of an end once.
var closedBackoff = wait.Backoff{First: 100 * time.Millisecond, Max: 2 * time.Second, For: 8 * time.Second, Jitter: true}

// note notes that a connection ends. What is noted, the sweep finishes. If it fails, the ending
// is tried all the same.
func (e *ender) note(ctx context.Context, id string, reason Reason, open openness) {
	err := persist(ctx, open, func() error {
		return e.store.NoteEnding(ctx, store.SocketRef{ConnectionID: id}, e.now(), reason)
	})
	e.log.failure(ctx, "note the ending of a connection", id, err)
}

// claim claims the ending of a connection.
func (e *ender) claim(ctx context.Context, id string, reason Reason, open openness) (c store.Connection, err error) {
	err = persist(ctx, open, func() error {
		c, err = e.store.ClaimConnection(ctx, id, e.now(), reason)
		return err
	})
	return c, err
}

// persist calls the store, and again for a connection that has closed, if the failure may pass.
func persist(ctx context.Context, open openness, call func() error) (err error) {
	for range closedBackoff.Attempts(ctx) {
		if err = call(); err == nil || open == mayBeOpen || !Safe(err).Temporary {
			return err
		}
	}
	return err
}

// runEnding ends a connection that the caller has claimed. It closes one that may be open
// before it deletes the record: without a record a connection would stay open, and its
// client would receive nothing and not know it.
func (e *ender) runEnding(ctx context.Context, c store.Connection, reason Reason, open openness) error {
	id := c.ID
	// A socket whose own ending is in progress belongs to that ending. Whoever ends the
	// last socket deletes the record.
	ending := maps.Clone(c.Sockets)
	maps.DeleteFunc(ending, func(_ string, socket store.SocketState) bool {
		return !socket.EndedAt.IsZero() && e.now().Sub(socket.EndedAt) <= store.ClaimLease
	})
	if reason == ServerNamespaceDisconnect { // clients do not reconnect after it
		for _, namespace := range slices.Sorted(maps.Keys(ending)) {
			_ = e.poster.post(ctx, id, socketio.NewDisconnect(namespace).Frames(), patient)
		}
	}
	err := e.endSockets(ctx, c, ending, reason)
	if err == nil && open {
		if err = e.poster.gateway.Close(ctx, id); err != nil {
			// The sweep closes it. Its sockets have ended, and end only once.
			_, removeErr := e.removeSockets(ctx, id, ending)
			return errors.Join(err, removeErr)
		}
	}
	switch {
	case err != nil:
	case len(ending) == len(c.Sockets):
		err = e.store.RemoveConnection(ctx, id)
	default:
		err = e.removeEnded(ctx, id, ending)
	}
	if err != nil {
		return err
	}
	e.log.InfoContext(ctx, "connection ended", "connection", id, "reason", string(reason),
		"seconds", int(e.now().Sub(c.ConnectedAt).Seconds()))
	return nil
}

// disconnect ends a socket from the server's side, or its whole connection, and tells the
// client. It reports whether the ending was the caller's and not another's.
func (e *ender) disconnect(ctx context.Context, socket store.SocketRef, closeConnection bool) (bool, error) {
	if !closeConnection {
		farewell := socketio.NewDisconnect(socket.Namespace).Frames()
		return mine(e.claimAndEndSocket(ctx, socket, ServerNamespaceDisconnect, farewell))
	}
	return e.claimEndAndClose(ctx, socket.ConnectionID, ServerNamespaceDisconnect)
}

// endSocket ends one socket of a connection that stays. It does nothing if another caller is
// ending it, or has.
func (e *ender) endSocket(ctx context.Context, socket store.SocketRef, reason Reason) error {
	ended, err := mine(e.claimAndEndSocket(ctx, socket, reason, nil))
	if err == nil && !ended && e.recovery != nil && !recoverable(reason) {
		// The other ending may have another reason, and save the session.
		return e.recovery.recordLeave(ctx, socket.ConnectionID, socket.Namespace)
	}
	return err
}

// claimAndEndSocket claims and runs the ending of a socket. The farewell, if there is one, is
// posted to the client after the claim, so that what the client does in answer is not taken
// for the reason. store.ErrClaimed when another caller has the claim, store.ErrNoSocket when
// the socket is unknown.
func (e *ender) claimAndEndSocket(ctx context.Context, socket store.SocketRef, reason Reason, farewell [][]byte) error {
	noteErr := e.store.NoteEnding(ctx, socket, e.now(), reason)
	e.log.failure(ctx, "note the ending of a socket", socket.ConnectionID, noteErr)
	c, err := e.store.ClaimSocket(ctx, socket, e.now(), reason)
	if err != nil {
		return fmt.Errorf("end socket: %w", err)
	}
	var farewellErr error
	if farewell != nil {
		if farewellErr = e.poster.post(ctx, socket.ConnectionID, farewell, patient); errors.Is(farewellErr, ErrGone) {
			farewellErr = nil
		}
	}
	ending := map[string]store.SocketState{socket.Namespace: c.Sockets[socket.Namespace]}
	err = e.endSockets(ctx, c, ending, reason)
	if err == nil {
		err = e.removeEnded(ctx, socket.ConnectionID, ending)
	}
	if err != nil {
		err = fmt.Errorf("end socket: %w", err)
	}
	return errors.Join(farewellErr, err)
}

// removeEnded deletes ended sockets from their connection's record. It deletes the record if the
// connection has ended and they were its last sockets.
func (e *ender) removeEnded(ctx context.Context, id string, sockets map[string]store.SocketState) error {
	last, err := e.removeSockets(ctx, id, sockets)
	if err == nil && last {
		err = e.store.RemoveConnection(ctx, id)
	}
	return err
}

// removeSockets deletes ended sockets from their connection's record. last reports whether the
// connection has ended too, and has no other socket.
func (e *ender) removeSockets(ctx context.Context, id string, sockets map[string]store.SocketState) (last bool, err error) {
	for namespace, state := range sockets {
		at := state.EndedAt
		if at.IsZero() {
			at = e.now()
		}
		if last, err = e.store.RemoveSocket(ctx, id, namespace, at); err != nil {
			return false, err
		}
	}
	return last, nil
}

// endSockets runs the disconnecting handlers of sockets, takes the sockets out of all
// rooms, and runs their disconnect handlers. Changes that the disconnecting handlers make
// are saved with the session.
func (e *ender) endSockets(ctx context.Context, c store.Connection, sockets map[string]store.SocketState, reason Reason) error {
	sockets, err := withAllRooms(ctx, e.store, c.ID, sockets)
	if err != nil {
		return err
	}
	return e.runEndingOf(ctx, c, sockets, reason, func() error { return e.store.Vacate(ctx, c.ID, sockets) })
}

// runEndingOf is endSockets for sockets with all their rooms, which vacate takes them out of.
func (e *ender) runEndingOf(ctx context.Context, c store.Connection, sockets map[string]store.SocketState, reason Reason, vacate func() error) error {
	ctx = withBill(ctx, nil) // nobody is refused an ending for what they have caused
	if e.recovery != nil {
		if err := e.recovery.stopSessions(ctx, c.ID, sockets); err != nil {
			return err
		}
	}
	final := maps.Clone(sockets)
	var ending []*Socket
	for name, state := range sockets {
		state.Reason, state.MoreRooms = e.reasonFor(state, reason), false
		final[name] = state
		if ns := e.namespaces.find(name); ns != nil {
			socket := newSocket(ns, c, state)
			socket.loadHandshakeLater(ctx, c)
			socket.cutShort = isAfterCutShort(ctx)
			ending = append(ending, socket)
		}
	}
	err := runDisconnectHandlers(ctx, ending, func(h *handlers) []DisconnectHandler { return h.disconnecting })
	for _, socket := range ending {
		final[socket.namespace.name] = socket.state
	}
	if vacateErr := vacate(); vacateErr != nil {
		return errors.Join(err, vacateErr)
	}
	for _, socket := range ending {
		socket.left = true
	}
	err = errors.Join(err, runDisconnectHandlers(ctx, ending, func(h *handlers) []DisconnectHandler { return h.disconnect }))
	if e.recovery != nil {
		// Last, so that no client recovers a socket whose handlers have yet to run.
		err = errors.Join(err, e.recovery.saveSessions(ctx, c, final, err != nil))
	}
	return err
}

// runDisconnectHandlers runs the handlers that of selects for each socket, and joins their
// errors.
func runDisconnectHandlers(ctx context.Context, sockets []*Socket, of func(*handlers) []DisconnectHandler) error {
	var errs []error
	for _, socket := range sockets {
		for _, handler := range of(socket.namespace.handlers) {
			if err := guard(func() error { return handler(ctx, socket, socket.state.Reason) }); err != nil {
				errs = append(errs, fmt.Errorf("disconnect handler of %s: %w", socket.namespace.name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// reasonFor returns why a socket ends: its own reason comes before the connection's. A
// socket that has expired is ended by the server, whoever finds it first.
func (e *ender) reasonFor(state store.SocketState, reason Reason) Reason {
	if state.Expired(e.now()) {
		return ServerNamespaceDisconnect
	}
	return cmp.Or(state.Reason, reason)
}
