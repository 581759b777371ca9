package memstore

import (
	"context"
	"time"
)

// count is the count of a key.
type count struct {
	n int64
	expiring
}

// Count implements store.Store.
func (s *Store) Count(_ context.Context, key string, expires time.Time) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.counts[key]
	if !ok || c.expired(s.now()) {
		c = count{expiring: expiring{expires}}
	}
	c.n++
	s.counts[key] = c
	return c.n, nil
}
