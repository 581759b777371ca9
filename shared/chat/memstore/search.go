package memstore

import (
	"context"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/chat"
)

// SearchReplies implements chat.Store. Each reply takes half a unit.
func (s *Store) SearchReplies(_ context.Context, roomID string, first, last int64, terms []string) (found []chat.Hit, units float64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for log, l := range s.logs {
		if room, threadOf := chat.SplitLogID(log); room != roomID || threadOf == 0 {
			continue
		}
		for seq, e := range l.entries {
			if at := e.Message.CountedAt; at >= first && at <= last {
				units += 0.5
				if contains(e.Message, terms) {
					found = append(found, chat.Hit{Place: at, Position: chat.Position{Log: log, Seq: seq}})
				}
			}
		}
	}
	return found, units, nil
}

func contains(m chat.Message, terms []string) bool {
	words := chat.Words(m.Text)
	return !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(words, term) })
}

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
		if contains(e.Message, terms) {
			seqs = append(seqs, seq)
		}
	}
	return seqs, units, nil
}
