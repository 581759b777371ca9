package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

type ackKey struct {
	namespace string
	id        uint64
}

type answer struct {
	store.Answer
	expiring
}

// PutAnswer implements store.Store.
func (s *Store) PutAnswer(_ context.Context, namespace string, ackID uint64, a store.Answer, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := ackKey{namespace, ackID}
	if s.answers[key] == nil {
		s.answers[key] = map[string]answer{}
	}
	if _, ok := s.answers[key][a.ConnectionID]; !ok {
		a.Args = bytes.Clone(a.Args)
		s.answers[key][a.ConnectionID] = answer{a, expiring{expires}}
	}
	return nil
}

// Answers implements store.Store.
func (s *Store) Answers(_ context.Context, namespace string, ackID uint64) ([]store.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answers []store.Answer
	byConnection := s.answers[ackKey{namespace, ackID}]
	for _, id := range slices.Sorted(maps.Keys(byConnection)) {
		if a := byConnection[id]; !a.expired(s.now()) {
			a.Args = bytes.Clone(a.Args)
			answers = append(answers, a.Answer)
		}
	}
	return answers, nil
}
