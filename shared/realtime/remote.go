package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
}

// Data decodes the socket's data into v; without data it leaves v alone.
func (r RemoteSocket) Data(v any) error { return decodeData(r.data, v) }

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
			sockets = append(sockets, RemoteSocket{ID: s.ID, ConnectionID: c.ID, Rooms: rooms, Handshake: c.Handshake, data: s.Data})
		}
	}
	return sockets, nil
}

// SocketsJoin makes the sockets addressed join rooms; the next emit to those rooms
// reaches them.
func (b Broadcast) SocketsJoin(ctx context.Context, rooms ...string) error {
	if err := checkRooms(rooms); err != nil {
		return err
	}
	store := b.namespace.server.options.Store
	return b.eachMember(ctx, func(ctx context.Context, m Member) error {
		err := store.Join(ctx, m.ConnectionID, b.namespace.name, m.SocketID, rooms)
		if errors.Is(err, ErrNoSocket) {
			return nil
		}
		return err
	})
}

// SocketsLeave makes the sockets addressed leave rooms.
func (b Broadcast) SocketsLeave(ctx context.Context, rooms ...string) error {
	store := b.namespace.server.options.Store
	return b.eachMember(ctx, func(ctx context.Context, m Member) error {
		return store.Leave(ctx, m.ConnectionID, b.namespace.name, rooms)
	})
}

// DisconnectSockets disconnects the sockets addressed: from the namespace, or with
// close their whole connections.
func (b Broadcast) DisconnectSockets(ctx context.Context, close bool) error {
	s := b.namespace.server
	return b.eachMember(ctx, func(ctx context.Context, m Member) error {
		if close {
			return s.shut(ctx, m.ConnectionID, ForcedServerClose)
		}
		return s.disconnectSocket(ctx, m.ConnectionID, b.namespace)
	})
}

func (b Broadcast) eachMember(ctx context.Context, f func(context.Context, Member) error) error {
	members, err := b.members(ctx)
	if err != nil {
		return fmt.Errorf("find the sockets of a broadcast: %w", err)
	}
	return each(ctx, b.namespace.server.options.Parallel, members, f)
}
