package memstore

import (
	"context"

	"github.com/confab-chat/confab/shared/chat"
)

// Spend implements chat.Store.
func (s *Store) Spend(_ context.Context, userID string, spending chat.Spending) (chat.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	account := chat.Account{SignedOut: s.signedOut[userID]}
	paid := s.paid[userID]
	if paid.Before(spending.Now) {
		paid = spending.Now
	}
	if account.Until = spending.Until(paid); !account.Until.IsZero() && !spending.Caused {
		return account, nil
	}
	paid = paid.Add(spending.Time())
	s.paid[userID] = paid
	if spending.Caused {
		account.Until = spending.Until(paid)
	}
	return account, nil
}
