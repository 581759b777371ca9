package memstore

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// typing is what is noted of a member who types or has stopped.
type typing struct {
	began time.Time
	on    bool
}

// Type implements chat.Store.
func (s *Store) Type(_ context.Context, roomID, userID string, on bool, now time.Time) (member, news bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, member = s.members[roomID][userID]; !member {
		return false, false, nil
	}
	key := membership{roomID, userID}
	t := s.typing[key]
	switch {
	case on && now.Sub(t.began) >= chat.TypingPause:
		s.typing[key] = typing{now, true}
	case !on && t.on:
		s.typing[key] = typing{t.began, false}
	default:
		return true, false, nil
	}
	return true, true, nil
}
