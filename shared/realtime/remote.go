package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// RemoteSocket is a socket seen from outside its own connection. FetchSockets returns it.
type RemoteSocket struct {
	ID string
	// ConnectionID is API Gateway's id of the socket's connection.
	ConnectionID string
	Rooms        []string
	Handshake    Handshake
	data         json.RawMessage
	namespace    *Namespace
}

// Data decodes the socket's data into v. Without data it leaves v unchanged.
func (r RemoteSocket) Data(v any) error { return decodeData(r.data, v) }

// Broadcast addresses the socket by the room of its id, to emit to it with or without an
// acknowledgement.
func (r RemoteSocket) Broadcast() Broadcast { return r.namespace.To(r.ID) }

// Emit sends an event to the socket.
func (r RemoteSocket) Emit(ctx context.Context, event string, args ...any) error {
	return r.Broadcast().Emit(ctx, event, args...)
}

// Join makes the socket join rooms.
func (r RemoteSocket) Join(ctx context.Context, rooms ...string) error {
	return r.peer().join(ctx, rooms)
}

// Leave makes the socket leave rooms.
func (r RemoteSocket) Leave(ctx context.Context, rooms ...string) error {
	return r.peer().leave(ctx, rooms)
}

// Disconnect ends the socket or, with closeConnection, its whole connection.
func (r RemoteSocket) Disconnect(ctx context.Context, closeConnection bool) error {
	return r.peer().disconnect(ctx, closeConnection)
}

func (r RemoteSocket) peer() peer {
	return peer{r.namespace, store.Member{ConnectionID: r.ConnectionID, SocketID: r.ID}}
}

// maxPeers bounds the sockets that one call fetches, moves or disconnects. Each costs calls of the
// database, and a function has seconds and half a gigabyte.
const maxPeers = 10_000

// tooManySockets returns the error for a call that addresses more than most sockets, or nil. instead
// says what to do.
func tooManySockets(call string, most, addressed int, instead string) error {
	if addressed <= most {
		return nil
	}
	return Errorf(CodeTooManySockets, "%s takes at most %d sockets, and these are %d: %s.", call, most, addressed, instead)
}

const rangeInstead = "range over Sockets"

// FetchSockets returns the sockets addressed, with their rooms and data, if they are at most 10,000: an
// error with CodeTooManySockets. Sockets has no bound.
func (b Broadcast) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	members, err := b.members(ctx)
	if err == nil {
		err = tooManySockets("FetchSockets", maxPeers, len(members), rangeInstead)
	}
	if err != nil {
		return nil, fmt.Errorf("fetch sockets: %w", err)
	}
	var all []RemoteSocket
	for socket, err := range b.load(ctx, members) {
		if err != nil {
			return nil, fmt.Errorf("fetch sockets: %w", err)
		}
		all = append(all, socket)
	}
	return all, nil
}

// socketsPage is how many sockets Sockets has in memory.
const socketsPage = 500

// Sockets returns the sockets addressed, with their rooms and data, however many there are. It loads
// them as the loop goes on, so that what comes late may be newer. An error ends it. A loop over very
// many does not fit into the time of a handler: use it in a program of your own.
//
//	for socket, err := range srv.In("room").Sockets(ctx) {
//		if err != nil {
//			return err
//		}
//		…
//	}
func (b Broadcast) Sockets(ctx context.Context) iter.Seq2[RemoteSocket, error] {
	return func(yield func(RemoteSocket, error) bool) {
		members, err := b.members(ctx)
		if err != nil {
			yield(RemoteSocket{}, fmt.Errorf("find sockets: %w", err))
			return
		}
		for socket, err := range b.load(ctx, members) {
			if err != nil {
				err = fmt.Errorf("load sockets: %w", err)
			}
			if !yield(socket, err) {
				return
			}
		}
	}
}

// load loads the sockets of members that are still there, page by page. An error ends it.
func (b Broadcast) load(ctx context.Context, members []store.Member) iter.Seq2[RemoteSocket, error] {
	return func(yield func(RemoteSocket, error) bool) {
		for page := range slices.Chunk(members, socketsPage) {
			sockets, err := b.fetch(ctx, page)
			if err != nil {
				yield(RemoteSocket{}, err)
				return
			}
			for _, socket := range sockets {
				if !yield(socket, nil) {
					return
				}
			}
		}
	}
}

// fetch loads the sockets of members that are still there.
func (b Broadcast) fetch(ctx context.Context, members []store.Member) ([]RemoteSocket, error) {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ConnectionID
	}
	connections, err := b.namespace.server.options.Store.Connections(ctx, ids)
	if err == nil {
		err = loadRest(ctx, b.namespace.server.options.Store, connections, b.namespace.name)
	}
	if err != nil {
		return nil, err
	}
	var sockets []RemoteSocket
	for _, c := range connections {
		if s, ok := c.Sockets[b.namespace.name]; ok && s.EndedAt.IsZero() {
			rooms := append([]string{s.ID}, s.Rooms...)
			sockets = append(sockets, RemoteSocket{
				ID: s.ID, ConnectionID: c.ID, Rooms: rooms, Handshake: c.Handshake, data: s.Data, namespace: b.namespace,
			})
		}
	}
	return sockets, nil
}

// SocketsJoin makes the sockets addressed join rooms. The next emit to those rooms reaches
// them. They may be at most 10,000: an error with CodeTooManySockets, and nobody has joined. The
// same holds for SocketsLeave and DisconnectSockets.
func (b Broadcast) SocketsJoin(ctx context.Context, rooms ...string) error {
	return b.eachPeer(ctx, func(ctx context.Context, p peer) error { return p.join(ctx, rooms) })
}

// SocketsLeave makes the sockets addressed leave rooms.
func (b Broadcast) SocketsLeave(ctx context.Context, rooms ...string) error {
	return b.eachPeer(ctx, func(ctx context.Context, p peer) error { return p.leave(ctx, rooms) })
}

// DisconnectSockets disconnects the sockets addressed from the namespace or, with
// closeConnections, ends their whole connections.
func (b Broadcast) DisconnectSockets(ctx context.Context, closeConnections bool) error {
	return b.eachPeer(ctx, func(ctx context.Context, p peer) error { return p.disconnect(ctx, closeConnections) })
}

func (b Broadcast) eachPeer(ctx context.Context, f func(context.Context, peer) error) error {
	members, err := b.members(ctx)
	if err != nil {
		return fmt.Errorf("find the sockets of a broadcast: %w", err)
	}
	if err := tooManySockets("The call", maxPeers, len(members), rangeInstead); err != nil {
		return err
	}
	if err := Spend(ctx, peerDeliveries*len(members)); err != nil {
		return err
	}
	return wait.ForEach(ctx, b.namespace.server.options.Parallel, members, func(ctx context.Context, m store.Member) error {
		return f(ctx, peer{b.namespace, m})
	})
}

// peer is a socket of another connection.
type peer struct {
	namespace *Namespace
	member    store.Member
}

func (p peer) ref() store.SocketRef {
	return store.SocketRef{ConnectionID: p.member.ConnectionID, Namespace: p.namespace.name, SocketID: p.member.SocketID}
}

func (p peer) join(ctx context.Context, rooms []string) error {
	if err := checkRooms(rooms); err != nil {
		return err
	}
	limit := p.namespace.server.options.MaxRooms
	return ignoreEnded(joinError(p.namespace.server.options.Store.Join(ctx, p.ref(), rooms, limit), limit))
}

func (p peer) leave(ctx context.Context, rooms []string) error {
	return p.namespace.server.options.Store.Leave(ctx, p.ref(), leavable(p.member.SocketID, rooms))
}

// disconnect ends the socket. A server without handlers leaves the ending to one that has
// them: it tells the client, and makes the socket expire.
func (p peer) disconnect(ctx context.Context, closeConnection bool) error {
	s := p.namespace.server
	if s.namespaces.hasNoHandlers() {
		return p.expire(ctx, closeConnection)
	}
	_, err := s.ender.disconnect(ctx, p.ref(), closeConnection)
	return err
}

func (p peer) expire(ctx context.Context, closeConnection bool) error {
	s, id := p.namespace.server, p.member.ConnectionID
	err := s.options.Store.SetExpiry(ctx, p.ref(), s.options.Now())
	if err != nil {
		return ignoreEnded(err)
	}
	s.fanout.removeMember(ctx, p.namespace.name, p.member)
	if err = s.poster.post(ctx, id, socketio.NewDisconnect(p.namespace.name).Frames(), patient); errors.Is(err, ErrGone) {
		return nil
	}
	if closeConnection {
		err = errors.Join(err, s.options.Gateway.Close(ctx, id))
	}
	return err
}

// ignoreEnded returns nil for a socket that has ended since it was looked up.
func ignoreEnded(err error) error {
	if errors.Is(err, store.ErrNoSocket) {
		return nil
	}
	return err
}
