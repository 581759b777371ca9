package memstore

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// link names a link in a room.
type link struct{ roomID, url string }

// knownLink is what is known of a link until a time.
type knownLink struct {
	chat.KnownLink
	until time.Time
}

// TakeLink implements chat.Store.
func (s *Store) TakeLink(_ context.Context, roomID, url string, now, until time.Time) (chat.KnownLink, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := link{roomID, url}
	if known, found := s.links[key]; found && now.Before(known.until) {
		return known.KnownLink, false, nil
	}
	s.links[key] = knownLink{chat.KnownLink{Fetching: true}, until}
	return chat.KnownLink{}, true, nil
}

// KeepLink implements chat.Store.
func (s *Store) KeepLink(_ context.Context, roomID, url string, preview *chat.LinkPreview, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[link{roomID, url}] = knownLink{chat.KnownLink{Preview: preview}, until}
	return nil
}
