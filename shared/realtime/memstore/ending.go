package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// NoteEnding implements store.Store.
func (s *Store) NoteEnding(_ context.Context, socket store.SocketRef, now time.Time, reason store.Reason) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	note, noted := s.notes[socket.ConnectionID]
	if !noted {
		note.At = now
	}
	ending := store.NotedEnding{SocketID: socket.SocketID, At: now, Reason: reason}
	if socket.Namespace == "" && note.Ending.At.IsZero() {
		note.Ending = ending
	}
	if socket.Namespace != "" && note.Sockets[socket.Namespace].SocketID != socket.SocketID {
		sockets := maps.Clone(note.Sockets)
		if sockets == nil {
			sockets = map[string]store.NotedEnding{}
		}
		sockets[socket.Namespace] = ending
		note.Sockets = sockets
	}
	s.notes[socket.ConnectionID] = note
	return nil
}

// ClaimSocket implements store.Store.
func (s *Store) ClaimSocket(_ context.Context, socket store.SocketRef, now time.Time, reason store.Reason) (store.Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, state, ok := s.socket(socket)
	switch {
	case !ok:
		return store.Connection{}, store.ErrNoSocket
	case !c.EndedAt.IsZero() && state.EndedAt.IsZero() || !claimable(state.EndedAt, now):
		return store.Connection{}, store.ErrClaimed
	}
	state.EndedAt, state.Reason = now, reason
	c.Sockets[socket.Namespace] = state
	return c.copy(), nil
}

// ClaimConnection implements store.Store.
func (s *Store) ClaimConnection(_ context.Context, id string, now time.Time, reason store.Reason) (store.Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.connection(id)
	switch {
	case c == nil:
		return store.Connection{}, store.ErrNoConnection
	case !claimable(c.EndedAt, now):
		return store.Connection{}, store.ErrClaimed
	}
	c.EndedAt, c.Reason = now, reason
	return c.copy(), nil
}

// claimable reports whether a claim of this time, or none, leaves room for another.
func claimable(claimed, now time.Time) bool {
	return claimed.IsZero() || now.Sub(claimed) > store.ClaimLease
}

// RemoveSocket implements store.Store.
func (s *Store) RemoveSocket(_ context.Context, connectionID, namespace string, at time.Time) (last bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.connection(connectionID)
	if c == nil {
		return false, nil
	}
	delete(c.Sockets, namespace)
	c.LeftAt = at
	return !c.EndedAt.IsZero() && len(c.Sockets) == 0, nil
}

// RemoveConnection implements store.Store.
func (s *Store) RemoveConnection(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, id)
	delete(s.notes, id)
	return nil
}

// Unfinished implements store.Store. It deletes the notes of what is over.
func (s *Store) Unfinished(_ context.Context, part int, before time.Time, visit store.Visit) error {
	if err := s.visit(s.due(part, before), visit); err != nil {
		return fmt.Errorf("unfinished: %w", err)
	}
	return nil
}

func (s *Store) due(part int, before time.Time) (all []store.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteExpired()
	for _, id := range slices.Sorted(maps.Keys(s.notes)) {
		note := s.notes[id]
		if !note.At.Before(before) || number(id, store.Parts) != part {
			continue
		}
		over := true
		if c := s.connections[id]; c != nil {
			var judged store.Connection
			var due bool
			if judged, due, over = note.Judge(c.copy(), before); due {
				all = append(all, judged)
			}
		}
		if over {
			delete(s.notes, id)
		}
	}
	return all
}
