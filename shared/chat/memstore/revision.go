package memstore

import (
	"context"
	"maps"
	"slices"

	"github.com/confab-chat/confab/shared/chat"
)

// Revisable implements chat.Store.
func (s *Store) Revisable(_ context.Context, log string, seq int64) (chat.Revisable, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.log(log)
	roomID, _ := chat.SplitLogID(log)
	return chat.Revisable{
		Message: l.entries[seq].Message,
		Head:    int64(len(l.revisions)),
		Left:    slices.Sorted(maps.Keys(s.log(roomID).left)),
	}, nil
}

// Revise implements chat.Store.
func (s *Store) Revise(_ context.Context, m, was chat.Message, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, member := s.members[m.RoomID][userID]; !member {
		return chat.ErrNotMember
	}
	return s.revise(m, was)
}

// revise puts m in its place as a revision of its log.
func (s *Store) revise(m, was chat.Message) error {
	l := s.log(m.Log())
	now := l.entries[m.Seq].Message
	if m.Rev != int64(len(l.revisions))+1 || now.Seq != m.Seq || now.Rev != was.Rev {
		return chat.ErrRevised
	}
	for _, user := range was.Mentioned {
		delete(s.mentions, mention{user, chat.MentionIn(m)})
	}
	l.entries[m.Seq] = chat.Entry{Seq: m.Seq, Message: s.putMentions(m)}
	l.revisions = append(l.revisions, m.Seq)
	return nil
}

// Revisions implements chat.Store.
func (s *Store) Revisions(_ context.Context, log string, after int64, limit int) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.log(log).revisions
	first := min(int(after), len(all))
	return slices.Clone(all[first:min(first+limit, len(all))]), nil
}

// Messages implements chat.Store.
func (s *Store) Messages(_ context.Context, log string, seqs []int64) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []chat.Message
	for _, seq := range seqs {
		if m := s.log(log).entries[seq].Message; m.Seq != 0 {
			found = append(found, m)
		}
	}
	return found, nil
}
