package memstore

import (
	"context"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/chat"
)

// Search implements chat.Store. Each message takes half a unit.
func (s *Store) Search(_ context.Context, roomID string, first, last int64, terms []string) (seqs []int64, units float64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := s.log(roomID).entries
	for seq := first; seq <= last; seq++ {
		e, exists := entries[seq]
		if !exists {
			continue
		}
		units += 0.5
		words := chat.Words(e.Message.Text)
		if !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(words, term) }) {
			seqs = append(seqs, seq)
		}
	}
	return seqs, units, nil
}
