package memstore

import (
	"context"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/chat"
)

// putMentions puts a message into the lists of those whom it mentions. What it returns is the
// message without them.
func (s *Store) putMentions(m chat.Message) chat.Message {
	for _, user := range m.Mentioned {
		s.mentions[mention{user, chat.MentionIn(m)}] = true
	}
	m.Mentioned = nil
	return m
}

// mention is where a user was mentioned.
type mention struct {
	userID string
	at     chat.Mention
}

// MembersAmong implements chat.Store.
func (s *Store) MembersAmong(_ context.Context, roomID string, userIDs []string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(userIDs), func(id string) bool {
		_, member := s.members[roomID][id]
		return !member
	}), nil
}

// Mentions implements chat.Store.
func (s *Store) Mentions(_ context.Context, userID, after string, limit int) ([]chat.Mention, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []chat.Mention
	for m := range s.mentions {
		if m.userID == userID && (after == "" || m.at.Key() < after) {
			all = append(all, m.at)
		}
	}
	slices.SortFunc(all, func(a, b chat.Mention) int { return strings.Compare(b.Key(), a.Key()) })
	return all[:min(limit, len(all))], nil
}
