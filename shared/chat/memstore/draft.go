package memstore

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// SaveDraft implements chat.Store.
func (s *Store) SaveDraft(_ context.Context, log, userID string, d chat.Draft) (chat.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := membership{log, userID}
	if !d.SavedAt.Before(s.drafts[key].SavedAt.Time) {
		s.drafts[key] = d
	}
	return s.drafts[key], nil
}

// StandingWithDrafts implements chat.Store.
func (s *Store) StandingWithDrafts(_ context.Context, userID string, now time.Time) (chat.Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	standing := s.standingOf(userID, now)
	standing.Drafts = map[string]chat.Draft{}
	for key, d := range s.drafts {
		_, threadOf := chat.SplitLogID(key.roomID)
		if key.userID == userID && threadOf == 0 && d.Text != "" {
			standing.Drafts[key.roomID] = d
		}
	}
	return standing, nil
}
