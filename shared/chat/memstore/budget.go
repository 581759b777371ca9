package memstore

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// Spend implements chat.Store.
func (s *Store) Spend(_ context.Context, userID string, spending chat.Spending) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	paid := s.paid[userID]
	if paid.Before(spending.Now) {
		paid = spending.Now
	}
	if until := spending.Until(paid); !until.IsZero() && !spending.Caused {
		return until, nil
	}
	paid = paid.Add(spending.Time())
	s.paid[userID] = paid
	if !spending.Caused {
		return time.Time{}, nil
	}
	return spending.Until(paid), nil
}
