package memstore

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// attempt is the last attempt at a key: its claim, or its result.
type attempt struct {
	claim   string
	claimed time.Time
	result  json.RawMessage // nil: not finished
	expiring
}

// Begin implements store.Store.
func (s *Store) Begin(_ context.Context, key string, now, expires time.Time) (store.Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.attempts[key]; ok && !last.expired(now) {
		switch {
		case last.result != nil:
			return store.Attempt{Result: bytes.Clone(last.result)}, nil
		case !claimable(last.claimed, now):
			return store.Attempt{}, store.ErrClaimed
		}
	}
	s.claims++
	claim := strconv.Itoa(s.claims)
	s.attempts[key] = attempt{claim: claim, claimed: now, expiring: expiring{expires}}
	return store.Attempt{Claim: claim}, nil
}

// Finish implements store.Store.
func (s *Store) Finish(_ context.Context, key, claim string, result json.RawMessage, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.attempts[key]
	if !ok || last.claim != claim {
		return store.ErrClaimed
	}
	last.result, last.expires = append(json.RawMessage{}, result...), expires
	s.attempts[key] = last
	return nil
}

// Abandon implements store.Store.
func (s *Store) Abandon(_ context.Context, key, claim string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.attempts[key]; ok && last.claim == claim && last.result == nil {
		delete(s.attempts, key)
	}
	return nil
}
