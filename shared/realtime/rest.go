package realtime

import (
	"context"
	"maps"
	"slices"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// A connection's record holds what fits into it, so that no message costs more because of the
// rooms of its socket or the size of its handshake. The rest is loaded when it is asked for.

// rest loads what a handler's socket has beside its connection's record.
type rest struct {
	rooms     func() ([]string, error)
	handshake func() (map[string]Handshake, error)
	// failed is why something could not be loaded: then the handler has decided without it.
	failed error
}

// loadRoomsLater makes the socket load the rooms that its connection's record leaves out when a
// handler asks for its rooms.
func (s *Socket) loadRoomsLater(ctx context.Context) {
	if s.state.MoreRooms {
		s.rest.rooms = func() ([]string, error) {
			others, err := s.store().OtherRooms(ctx, []store.SocketRef{s.ref()})
			return others[s.ref()], err
		}
	}
}

// loadHandshakeLater does the same with the handshake.
func (s *Socket) loadHandshakeLater(ctx context.Context, c store.Connection) {
	if c.LargeHandshake {
		s.rest.handshake = func() (map[string]Handshake, error) {
			return s.store().LargeHandshakes(ctx, []string{c.ID})
		}
	}
}

func (s *Socket) loadRooms() {
	if s.rest.rooms == nil {
		return
	}
	others, err := s.rest.rooms()
	if err != nil {
		s.rest.failed = err
		return
	}
	s.rest.rooms = nil
	s.state.Rooms = union(s.state.Rooms, others)
}

func (s *Socket) loadHandshake() {
	if s.rest.handshake == nil {
		return
	}
	found, err := s.rest.handshake()
	if err != nil {
		s.rest.failed = err
		return
	}
	s.rest.handshake = nil
	s.handshake = completeHandshake(s.handshake, found[s.connectionID])
}

// completeHandshake returns a handshake with what its connection's record leaves out.
func completeHandshake(h, stored Handshake) Handshake {
	h.Headers, h.Query, h.URL = stored.Headers, stored.Query, stored.URL
	return h
}

// loadRest completes connections: their handshakes, and the rooms of their sockets in
// namespaces.
func loadRest(ctx context.Context, from store.Store, connections []store.Connection, namespaces ...string) error {
	if err := loadHandshakes(ctx, from, connections); err != nil {
		return err
	}
	return loadRooms(ctx, from, connections, namespaces...)
}

// loadRooms completes the rooms of the sockets in namespaces.
func loadRooms(ctx context.Context, from store.RoomStore, connections []store.Connection, namespaces ...string) error {
	var sockets []store.SocketRef
	for _, c := range connections {
		for _, ns := range namespaces {
			if state, ok := c.Sockets[ns]; ok && state.MoreRooms {
				sockets = append(sockets, store.SocketRef{ConnectionID: c.ID, Namespace: ns, SocketID: state.ID})
			}
		}
	}
	if len(sockets) == 0 {
		return nil
	}
	others, err := from.OtherRooms(ctx, sockets)
	if err != nil {
		return err
	}
	for _, c := range connections {
		for ns, state := range c.Sockets { // the sockets that were not asked for stay as they are
			state.Rooms = union(state.Rooms, others[store.SocketRef{ConnectionID: c.ID, Namespace: ns, SocketID: state.ID}])
			c.Sockets[ns] = state
		}
	}
	return nil
}

func loadHandshakes(ctx context.Context, from store.ConnectionStore, connections []store.Connection) error {
	var ids []string
	for _, c := range connections {
		if c.LargeHandshake {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := from.LargeHandshakes(ctx, ids)
	if err != nil {
		return err
	}
	for i := range connections {
		if c := &connections[i]; c.LargeHandshake {
			c.Handshake, c.LargeHandshake = completeHandshake(c.Handshake, found[c.ID]), false
		}
	}
	return nil
}

// union returns rooms with those of others that are not among them.
func union(rooms, others []string) []string {
	all := slices.Clone(rooms)
	for _, room := range others {
		if !slices.Contains(all, room) {
			all = append(all, room)
		}
	}
	return all
}

// withAllRooms returns sockets of a connection, by namespace, with all their rooms.
func withAllRooms(ctx context.Context, from store.RoomStore, connectionID string, sockets map[string]store.SocketState) (map[string]store.SocketState, error) {
	c := store.Connection{ID: connectionID, Sockets: maps.Clone(sockets)}
	err := loadRooms(ctx, from, []store.Connection{c}, slices.Collect(maps.Keys(sockets))...)
	return c.Sockets, err
}
