package memstore

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

type roomKey struct{ namespace, room string }

// member is a connection's socket in a room.
type member struct {
	socketID  string
	answering time.Time
	expiring
}

// Join implements store.Store.
func (s *Store) Join(_ context.Context, socket store.SocketRef, rooms []string, limit int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(rooms) == 0 {
		return nil
	}
	c, state, ok := s.socket(socket)
	if !ok || !state.EndedAt.IsZero() || !c.EndedAt.IsZero() {
		return store.ErrNoSocket
	}
	joined := union(state.Rooms, rooms)
	if len(joined) > limit {
		return store.ErrTooManyRooms
	}
	state.Rooms = joined
	c.Sockets[socket.Namespace] = state
	for _, room := range rooms {
		s.enter(roomKey{socket.Namespace, room}, c, state)
	}
	return nil
}

// Leave implements store.Store.
func (s *Store) Leave(_ context.Context, socket store.SocketRef, rooms []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, room := range rooms {
		key := roomKey{socket.Namespace, room}
		if s.rooms[key][socket.ConnectionID].socketID == socket.SocketID {
			s.exit(key, socket.ConnectionID)
		}
	}
	if c, state, ok := s.socket(socket); ok {
		state.Rooms = union(nil, slices.DeleteFunc(slices.Clone(state.Rooms), func(room string) bool {
			return slices.Contains(rooms, room)
		}))
		c.Sockets[socket.Namespace] = state
	}
	return nil
}

// OtherRooms implements store.Store.
func (s *Store) OtherRooms(_ context.Context, sockets []store.SocketRef) (map[store.SocketRef][]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	others := map[store.SocketRef][]string{}
	for _, socket := range sockets {
		// All of them: which ones a state has left out changes when the socket leaves another.
		if _, state, ok := s.socket(socket); ok {
			others[socket] = slices.Clone(state.Rooms)
		}
	}
	return others, nil
}

// Members implements store.Store.
func (s *Store) Members(_ context.Context, namespace, room string) ([]store.Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var members []store.Member
	byConnection := s.rooms[roomKey{namespace, room}]
	for _, id := range slices.Sorted(maps.Keys(byConnection)) {
		if m := byConnection[id]; !m.expired(s.now()) {
			member := store.Member{ConnectionID: id, SocketID: m.socketID, Room: room, Answering: m.answering}
			if c := s.connections[id]; c != nil && c.Sockets[namespace].ID == m.socketID {
				member.Expires = c.Sockets[namespace].Expires
			}
			members = append(members, member)
		}
	}
	return members, nil
}

// Vacate implements store.Store.
func (s *Store) Vacate(_ context.Context, connectionID string, sockets map[string]store.SocketState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for namespace, state := range sockets {
		for _, room := range roomsOf(state) {
			s.exit(roomKey{namespace, room}, connectionID)
		}
	}
	return nil
}

// enter adds a membership, which expires with its connection.
func (s *Store) enter(key roomKey, c *connection, socket store.SocketState) {
	members := s.rooms[key]
	if members == nil {
		members = map[string]member{}
		s.rooms[key] = members
	}
	members[c.ID] = member{socket.ID, socket.Answering, expiring{c.Expires}}
}

// exit deletes a membership.
func (s *Store) exit(key roomKey, connectionID string) {
	members := s.rooms[key]
	delete(members, connectionID)
	if len(members) == 0 {
		delete(s.rooms, key)
	}
}

// roomsOf returns all rooms of a socket: Everyone, the room of its own id, and those that it
// has joined.
func roomsOf(state store.SocketState) []string {
	return append([]string{store.Everyone, state.ID}, state.Rooms...)
}

// union returns two lists of rooms as a new one, sorted, each room once; nil if there are
// none.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// Lose deletes memberships of a connection, but not from the record of its socket, as half of
// a Join or Leave does on a database.
func (s *Store) Lose(connectionID, namespace string, rooms ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, room := range rooms {
		s.exit(roomKey{namespace, room}, connectionID)
	}
}
