package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// connection is a connection with what Touch counts.
type connection struct {
	store.Connection
	// window is the number of the current rate window; Recent counts its messages.
	window int64
	// lastPacket is the last Touch.Packet.
	lastPacket time.Time
	// headers are those of incomplete binary packets.
	headers map[fragmentKey]bool
}

// PutConnection implements store.Store.
func (s *Store) PutConnection(_ context.Context, c store.Connection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Handshake.Auth = nil
	c.Handshake.Issued = c.Handshake.Issued.UTC()
	c.Handshake = copyHandshake(c.Handshake)
	c.Sockets = map[string]store.SocketState{}
	s.notes[c.ID] = store.Note{At: c.ConnectedAt}
	s.connections[c.ID] = &connection{Connection: c, headers: map[fragmentKey]bool{}}
	return nil
}

// Touch implements store.Store.
func (s *Store) Touch(_ context.Context, id string, t store.Touch) (store.Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.connection(id)
	if c == nil || !c.EndedAt.IsZero() {
		return store.Connection{}, store.ErrNoConnection
	}
	if window := t.Now.UnixNano() / int64(t.Window); window != c.window {
		c.window, c.Recent = window, 0
	}
	c.Recent++
	c.SeenAt = t.Now
	c.Caused += t.Price
	if !t.Packet.IsZero() {
		c.lastPacket = t.Packet
	}
	touched := c.copy()
	touched.Recent = c.Recent
	touched.Binary = c.incomplete(t.Now)
	c.Ordinal++
	return touched, nil
}

// Connections implements store.Store.
func (s *Store) Connections(_ context.Context, ids []string) ([]store.Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var connections []store.Connection
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if c := s.connection(id); c != nil && c.EndedAt.IsZero() {
			copied := c.copy()
			copied.Binary = c.incomplete(s.now())
			connections = append(connections, copied)
		}
	}
	return connections, nil
}

// LimitConnection implements store.Store.
func (s *Store) LimitConnection(_ context.Context, id string, l store.Limit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.connection(id); c != nil {
		c.Limited = l
	}
	return nil
}

// LargeHandshakes implements store.Store. It has none: a handshake of any size is part of its
// connection.
func (s *Store) LargeHandshakes(context.Context, []string) (map[string]store.Handshake, error) {
	return nil, nil
}

// incomplete counts the headers that may still wait for attachments.
func (c *connection) incomplete(now time.Time) (n int) {
	for header := range c.headers {
		if now.Sub(header.at()) < store.FragmentLifetime {
			n++
		}
	}
	return n
}

// connection returns a connection, or nil.
func (s *Store) connection(id string) *connection {
	c := s.connections[id]
	if c == nil || !s.now().Before(c.Expires) {
		return nil
	}
	return c
}

// socket returns the connection of a socket and the socket's state, if it is there.
func (s *Store) socket(ref store.SocketRef) (*connection, store.SocketState, bool) {
	c := s.connection(ref.ConnectionID)
	if c == nil {
		return nil, store.SocketState{}, false
	}
	state, ok := c.Sockets[ref.Namespace]
	return c, state, ok && state.ID == ref.SocketID
}

// copy returns the connection as it is stored.
func (c *connection) copy() store.Connection {
	copied := c.Connection
	copied.Recent = 0
	copied.Handshake = copyHandshake(c.Handshake)
	copied.Sockets = make(map[string]store.SocketState, len(c.Sockets))
	for namespace, state := range c.Sockets {
		state = copyState(state)
		if len(state.Rooms) > store.RecordRooms { // as a database would do
			state.Rooms, state.MoreRooms = state.Rooms[:store.RecordRooms:store.RecordRooms], true
		}
		copied.Sockets[namespace] = state
	}
	return copied
}

func copyState(state store.SocketState) store.SocketState {
	state.Rooms = slices.Clone(state.Rooms)
	state.Data = bytes.Clone(state.Data)
	return state
}

func copyHandshake(h store.Handshake) store.Handshake {
	h.Headers, h.Query = maps.Clone(h.Headers), maps.Clone(h.Query)
	return h
}
