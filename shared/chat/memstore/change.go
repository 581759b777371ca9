package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// noteChange notes a change of a membership, unless a later one is noted.
func (s *Store) noteChange(roomID string, u chat.User, at time.Time) error {
	at = chat.At(at).Time
	key := membership{roomID, u.ID}
	if s.changes[key].At.After(at) {
		return chat.ErrOvertaken
	}
	s.changes[key] = chat.Change{RoomID: roomID, User: u, At: at}
	return nil
}

// Changes implements chat.Store.
func (s *Store) Changes(context.Context) ([]chat.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.changes), func(a, b chat.Change) int {
		return cmp.Or(strings.Compare(a.RoomID, b.RoomID), strings.Compare(a.User.ID, b.User.ID))
	}), nil
}

// ChangeOf implements chat.Store.
func (s *Store) ChangeOf(_ context.Context, roomID, userID string) (chat.Change, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, noted := s.changes[membership{roomID, userID}]
	return c, noted, nil
}

// FinishChange implements chat.Store.
func (s *Store) FinishChange(_ context.Context, c chat.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finishChange(c)
	return nil
}

func (s *Store) finishChange(c chat.Change) {
	key := membership{c.RoomID, c.User.ID}
	if noted, exists := s.changes[key]; exists && !noted.At.After(c.At) {
		noted.Finished = true
		s.changes[key] = noted
	}
}

// ForgetChange implements chat.Store.
func (s *Store) ForgetChange(_ context.Context, c chat.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{c.RoomID, c.User.ID}
	if !s.changes[key].At.After(c.At) {
		delete(s.changes, key)
	}
	return nil
}

// MarkLeft implements chat.Store.
func (s *Store) MarkLeft(_ context.Context, roomID, userID string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.log(roomID); !l.left[userID].After(at) {
		l.left[userID] = at
	}
	return nil
}

// UnmarkLeft implements chat.Store.
func (s *Store) UnmarkLeft(_ context.Context, roomID, userID string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.log(roomID); !l.left[userID].After(at) {
		delete(l.left, userID)
	}
	return nil
}
