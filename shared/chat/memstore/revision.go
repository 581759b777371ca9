package memstore

import (
	"context"
	"maps"
	"slices"

	"github.com/confab-chat/confab/shared/chat"
)

// Revisable implements chat.Store.
func (s *Store) Revisable(_ context.Context, roomID string, seq int64) (chat.Revisable, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.log(roomID)
	return chat.Revisable{
		Message: l.entries[seq].Message,
		Head:    int64(len(l.revisions)),
		Left:    slices.Sorted(maps.Keys(l.left)),
	}, nil
}

// Revise implements chat.Store.
func (s *Store) Revise(_ context.Context, m, was chat.Message, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.log(m.RoomID)
	if _, member := s.members[m.RoomID][userID]; !member {
		return chat.ErrNotMember
	}
	now := l.entries[m.Seq].Message
	if m.Rev != int64(len(l.revisions))+1 || now.Seq != m.Seq || now.Rev != was.Rev {
		return chat.ErrRevised
	}
	l.entries[m.Seq] = chat.Entry{Seq: m.Seq, Message: m}
	l.revisions = append(l.revisions, m.Seq)
	return nil
}

// Revisions implements chat.Store.
func (s *Store) Revisions(_ context.Context, roomID string, after int64, limit int) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.log(roomID).revisions
	first := min(int(after), len(all))
	return slices.Clone(all[first:min(first+limit, len(all))]), nil
}

// Messages implements chat.Store.
func (s *Store) Messages(_ context.Context, roomID string, seqs []int64) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []chat.Message
	for _, seq := range seqs {
		if m := s.log(roomID).entries[seq].Message; m.Seq != 0 {
			found = append(found, m)
		}
	}
	return found, nil
}
