package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// React implements chat.Store.
func (s *Store) React(_ context.Context, r chat.Reacted, on bool, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The name may have been another one.
	maps.DeleteFunc(s.reactions, func(old chat.Reacted, _ bool) bool {
		old.User.Name = r.User.Name
		return old == r
	})
	if on {
		s.reactions[r] = true
	}
	s.reactionNotes[chat.ReactionNote{Log: r.Log, Seq: r.Seq, UserID: r.User.ID, At: at}] = true
	return nil
}

// Reactions implements chat.Store.
func (s *Store) Reactions(_ context.Context, log string, seq int64) ([]chat.Reacted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []chat.Reacted
	for r := range s.reactions {
		if r.Log == log && r.Seq == seq {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b chat.Reacted) int {
		return cmp.Or(cmp.Compare(a.Emoji, b.Emoji), cmp.Compare(a.User.ID, b.User.ID))
	})
	return all, nil
}

// ReactedWith implements chat.Store.
func (s *Store) ReactedWith(ctx context.Context, r chat.Reacted, after string, limit int) (users []chat.User, mine bool, err error) {
	all, err := s.Reactions(ctx, r.Log, r.Seq)
	for _, other := range all {
		if other.Emoji != r.Emoji {
			continue
		}
		mine = mine || other.User.ID == r.User.ID
		if other.User.ID > after && len(users) < limit {
			users = append(users, other.User)
		}
	}
	return users, mine, err
}

// ForgetReactions implements chat.Store.
func (s *Store) ForgetReactions(_ context.Context, log string, seq int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.reactions, func(r chat.Reacted, _ bool) bool { return r.Log == log && r.Seq == seq })
	return nil
}

// ReactionNotes implements chat.Store.
func (s *Store) ReactionNotes(_ context.Context, before time.Time, limit int) ([]chat.ReactionNote, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var notes []chat.ReactionNote
	for n := range s.reactionNotes {
		if n.At.Before(before) {
			notes = append(notes, n)
		}
	}
	slices.SortFunc(notes, func(a, b chat.ReactionNote) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Log, b.Log), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.UserID, b.UserID))
	})
	return notes[:min(limit, len(notes))], nil
}

// ForgetReactionNotes implements chat.Store.
func (s *Store) ForgetReactionNotes(_ context.Context, notes []chat.ReactionNote) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range notes {
		delete(s.reactionNotes, n)
	}
	return nil
}
