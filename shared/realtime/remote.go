package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// RemoteSocket is a socket seen from outside its own connection: what FetchSockets
// returns.
type RemoteSocket struct {
	ID string
	// ConnectionID is API Gateway's id of its connection.
	ConnectionID string
	Rooms        []string
	Handshake    Handshake
	data         json.RawMessage
	namespace    *Namespace
}

// Data decodes the socket's data into v; without data it leaves v alone.
func (r RemoteSocket) Data(v any) error { return decodeData(r.data, v) }

// Broadcast addresses the socket, by the room of its id: to emit to it, with or without an
// acknowledgement.
func (r RemoteSocket) Broadcast() Broadcast { return r.namespace.To(r.ID) }

// Emit sends an event to the socket.
func (r RemoteSocket) Emit(ctx context.Context, event string, args ...any) error {
	return r.Broadcast().Emit(ctx, event, args...)
}

// Join makes the socket join rooms.
func (r RemoteSocket) Join(ctx context.Context, rooms ...string) error {
	return r.namespace.joinMember(ctx, r.member(), rooms)
}

// Leave makes the socket leave rooms.
func (r RemoteSocket) Leave(ctx context.Context, rooms ...string) error {
	return r.namespace.leaveMember(ctx, r.member(), rooms)
}

// Disconnect ends the socket, or with close its whole connection.
func (r RemoteSocket) Disconnect(ctx context.Context, close bool) error {
	return r.namespace.disconnectMember(ctx, r.member(), close)
}

func (r RemoteSocket) member() store.Member {
	return store.Member{ConnectionID: r.ConnectionID, SocketID: r.ID}
}

// FetchSockets returns the sockets addressed, with rooms and data.
func (b Broadcast) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	members, err := b.members(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch sockets: %w", err)
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ConnectionID
	}
	connections, err := b.namespace.server.options.Store.Connections(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("fetch sockets: %w", err)
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

// SocketsJoin makes the sockets addressed join rooms; the next emit to those rooms
// reaches them.
func (b Broadcast) SocketsJoin(ctx context.Context, rooms ...string) error {
	return b.eachMember(ctx, func(ctx context.Context, m store.Member) error { return b.namespace.joinMember(ctx, m, rooms) })
}

// SocketsLeave makes the sockets addressed leave rooms.
func (b Broadcast) SocketsLeave(ctx context.Context, rooms ...string) error {
	return b.eachMember(ctx, func(ctx context.Context, m store.Member) error { return b.namespace.leaveMember(ctx, m, rooms) })
}

// DisconnectSockets disconnects the sockets addressed: from the namespace, or with
// close their whole connections.
func (b Broadcast) DisconnectSockets(ctx context.Context, close bool) error {
	return b.eachMember(ctx, func(ctx context.Context, m store.Member) error { return b.namespace.disconnectMember(ctx, m, close) })
}

func (n *Namespace) ref(m store.Member) store.SocketRef {
	return store.SocketRef{ConnectionID: m.ConnectionID, Namespace: n.name, SocketID: m.SocketID}
}

func (n *Namespace) joinMember(ctx context.Context, m store.Member, rooms []string) error {
	if err := checkRooms(rooms); err != nil {
		return err
	}
	err := n.server.options.Store.Join(ctx, n.ref(m), rooms)
	if errors.Is(err, store.ErrNoSocket) {
		return nil // it has ended meanwhile
	}
	return err
}

func (n *Namespace) leaveMember(ctx context.Context, m store.Member, rooms []string) error {
	return n.server.options.Store.Leave(ctx, n.ref(m), leavable(m.SocketID, rooms))
}

// disconnectMember ends a socket. A server without handlers leaves that to one that has them:
// it tells the client, and lets the socket expire.
func (n *Namespace) disconnectMember(ctx context.Context, m store.Member, close bool) error {
	if n.server.bare() {
		return n.dismissMember(ctx, m, close)
	}
	if close {
		return n.server.shut(ctx, m.ConnectionID, ServerNamespaceDisconnect)
	}
	return n.server.disconnectSocket(ctx, n.ref(m))
}

func (n *Namespace) dismissMember(ctx context.Context, m store.Member, close bool) error {
	s := n.server
	err := s.options.Store.SetExpiry(ctx, n.ref(m), s.options.Now())
	if errors.Is(err, store.ErrNoSocket) {
		return nil // it has ended meanwhile
	}
	if err != nil {
		return err
	}
	s.forget(ctx, n.name, m)
	if err = s.post(ctx, m.ConnectionID, socketio.NewDisconnect(n.name).Frames(), false); errors.Is(err, ErrGone) {
		return nil
	}
	if close {
		err = errors.Join(err, s.options.Gateway.Close(ctx, m.ConnectionID))
	}
	return err
}

func (b Broadcast) eachMember(ctx context.Context, f func(context.Context, store.Member) error) error {
	members, err := b.members(ctx)
	if err != nil {
		return fmt.Errorf("find the sockets of a broadcast: %w", err)
	}
	return each(ctx, b.namespace.server.options.Parallel, members, f)
}
