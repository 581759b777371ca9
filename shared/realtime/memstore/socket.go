package memstore

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// AddSocket implements store.Store.
func (s *Store) AddSocket(_ context.Context, c store.Connection, namespace string, state store.SocketState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.connection(c.ID)
	if stored == nil || !stored.EndedAt.IsZero() {
		return store.ErrNoConnection
	}
	if _, ok := stored.Sockets[namespace]; ok {
		return store.ErrSocketExists
	}
	state = copyState(state)
	state.Rooms, state.MoreRooms = union(nil, state.Rooms), false
	since, resumed := state.Since, state.Resumed
	state.Since, state.Resumed = 0, store.Stop{}
	stored.Sockets[namespace] = state
	for _, room := range roomsOf(state) {
		s.enter(roomKey{namespace, room}, stored, state)
	}
	if state.PID != "" {
		s.sessions[state.PID] = &session{
			Session:  store.Session{Namespace: namespace, ConnectionID: c.ID, Since: since, Resumed: resumed},
			expiring: expiring{stored.Expires},
		}
	}
	return nil
}

// Answered implements store.Store.
func (s *Store) Answered(_ context.Context, socket store.SocketRef) error {
	return s.setOnSocket(socket, func(state *store.SocketState) { state.Answering = time.Time{} })
}

// SetData implements store.Store.
func (s *Store) SetData(_ context.Context, socket store.SocketRef, data json.RawMessage) error {
	return s.setOnSocket(socket, func(state *store.SocketState) { state.Data = bytes.Clone(data) })
}

// SetExpiry implements store.Store.
func (s *Store) SetExpiry(_ context.Context, socket store.SocketRef, at time.Time) error {
	return s.setOnSocket(socket, func(state *store.SocketState) { state.Expires = at })
}

func (s *Store) setOnSocket(socket store.SocketRef, set func(*store.SocketState)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, state, ok := s.socket(socket)
	if !ok {
		return store.ErrNoSocket
	}
	set(&state)
	c.Sockets[socket.Namespace] = state
	return nil
}
