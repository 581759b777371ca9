package memstore

import (
	"context"

	"github.com/confab-chat/confab/shared/chat"
)

// moveMark moves a mark forward.
func (s *Store) moveMark(key membership, seq int64) {
	mark := s.marks[key]
	mark.Seq = max(mark.Seq, seq)
	s.marks[key] = mark
}

// mayMark reports whether a user is a member of a room, or follows a thread.
func (s *Store) mayMark(key membership) bool {
	_, member := s.members[key.roomID][key.userID]
	return member || s.follows[key]
}

// MarkRead implements chat.Store.
func (s *Store) MarkRead(_ context.Context, log, userID string, seq int64, version *int64) (chat.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{log, userID}
	if !s.mayMark(key) {
		return chat.Mark{}, chat.ErrNotMember
	}
	if version == nil || s.marks[key].Version <= *version {
		s.moveMark(key, seq)
	}
	return s.marks[key], nil
}

// MarkUnread implements chat.Store.
func (s *Store) MarkUnread(_ context.Context, log, userID string, seq int64, version *int64) (chat.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{log, userID}
	if !s.mayMark(key) {
		return chat.Mark{}, chat.ErrNotMember
	}
	if now := s.marks[key]; version == nil || now.Version == *version {
		s.marks[key] = chat.Mark{Seq: seq, Version: now.Version + 1}
	}
	return s.marks[key], nil
}

// Marks implements chat.Store.
func (s *Store) Marks(_ context.Context, roomID string, userIDs []string) (map[string]chat.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	marks := map[string]chat.Mark{}
	for _, id := range userIDs {
		if mark, marked := s.marks[membership{roomID, id}]; marked {
			marks[id] = mark
		}
	}
	return marks, nil
}
