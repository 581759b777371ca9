package memstore

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// Paged makes Slot and Unfinished return pages of n connections. Otherwise a page has all.
func (s *Store) Paged(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pageSize = n
}

// visit visits connections page by page. The visit may use the store.
func (s *Store) visit(all []store.Connection, visit store.Visit) error {
	s.mu.Lock()
	size := cmp.Or(s.pageSize, max(1, len(all)))
	s.mu.Unlock()
	for start := 0; start < len(all); start += size {
		end := min(start+size, len(all))
		if err := visit(all[start:end], end < len(all)); err != nil {
			return err
		}
	}
	return nil
}

// Slot implements store.Store.
func (s *Store) Slot(_ context.Context, slot, part int, visit store.Visit) error {
	if err := s.visit(s.inSlot(slot, part), visit); err != nil {
		return fmt.Errorf("slot %d: %w", slot, err)
	}
	return nil
}

func (s *Store) inSlot(slot, part int) (all []store.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteExpired()
	for _, id := range slices.Sorted(maps.Keys(s.connections)) {
		if n := number(id, store.Slots*store.Parts); n%store.Slots == slot && n/store.Slots == part {
			all = append(all, s.connections[id].copy())
		}
	}
	return all
}

// number returns a number below n for a connection, always the same.
func number(connectionID string, n uint32) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(connectionID))
	return int(h.Sum32() % n)
}

// Pinged implements store.Store.
func (s *Store) Pinged(_ context.Context, slot int) ([store.Parts]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pinged[slot], nil
}

// SetPinged implements store.Store.
func (s *Store) SetPinged(_ context.Context, slot int, parts []int, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range parts {
		s.pinged[slot][part] = at
	}
	return nil
}
