package memstore

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// Slot implements store.Store. The visit may use the store.
func (s *Store) Slot(_ context.Context, slot int, visit func([]store.Connection) error) error {
	page := s.page(slot)
	if len(page) == 0 {
		return nil
	}
	if err := visit(page); err != nil {
		return fmt.Errorf("slot %d: %w", slot, err)
	}
	return nil
}

func (s *Store) page(slot int) (page []store.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteExpired()
	for _, id := range slices.Sorted(maps.Keys(s.connections)) {
		if slotOf(id) == slot {
			page = append(page, s.connections[id].copy())
		}
	}
	return page
}

func slotOf(connectionID string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(connectionID))
	return int(h.Sum32() % store.Slots)
}

// Pinged implements store.Store.
func (s *Store) Pinged(_ context.Context, slot int) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pinged[slot], nil
}

// SetPinged implements store.Store.
func (s *Store) SetPinged(_ context.Context, slot int, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pinged[slot] = at
	return nil
}
