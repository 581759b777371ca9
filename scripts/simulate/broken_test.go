package simulate

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// breakage takes out parts that the guarantees rest on, to see that the checker notices.
type breakage struct {
	// idempotency: the record of sender and tempID. position: the condition that a position is
	// empty. holes: tombstones are not stored. repair: changes of memberships are not found
	// again. gone: nobody is told that a connection is gone.
	idempotency, position, holes, repair, gone bool
}

// brokenStore is a store of the chat without some of these parts.
type brokenStore struct {
	chat.Store
	breakage
	mu sync.Mutex
	// over has what was put at positions that were taken.
	over map[string]map[int64]chat.Entry
}

func brokenChat(inner chat.Store, b breakage) chat.Store {
	if b == (breakage{}) {
		return inner
	}
	return &brokenStore{Store: inner, breakage: b, over: map[string]map[int64]chat.Entry{}}
}

// Take gives every attempt a position of its own.
func (s *brokenStore) Take(ctx context.Context, roomID, senderID, tempID string, now time.Time, taken int64) (int64, []string, error) {
	if s.idempotency {
		tempID = rand.Text()
	}
	return s.Store.Take(ctx, roomID, senderID, tempID, now, taken)
}

// Put overwrites what stands at a position, or forgets what the sender has put.
func (s *brokenStore) Put(ctx context.Context, m chat.Message) (chat.Message, bool, error) {
	if s.idempotency {
		tempID := m.TempID
		m.TempID = rand.Text()
		stored, fresh, err := s.Store.Put(ctx, m)
		stored.TempID = tempID
		s.lay(stored)
		return stored, fresh, err
	}
	stored, fresh, err := s.Store.Put(ctx, m)
	if s.position && errors.Is(err, chat.ErrTaken) {
		s.lay(m)
		return m, true, nil
	}
	return stored, fresh, err
}

func (s *brokenStore) lay(m chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over[m.RoomID] == nil {
		s.over[m.RoomID] = map[int64]chat.Entry{}
	}
	s.over[m.RoomID][m.Seq] = chat.Entry{Seq: m.Seq, Message: m}
}

// Entries implements chat.Store.
func (s *brokenStore) Entries(ctx context.Context, roomID string, first, last int64) ([]chat.Entry, error) {
	entries, err := s.Store.Entries(ctx, roomID, first, last)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range entries {
		if over, ok := s.over[roomID][e.Seq]; ok {
			entries[i] = over
		}
	}
	return entries, err
}

// Changes implements chat.Store.
func (s *brokenStore) Changes(ctx context.Context) ([]chat.Change, error) {
	if s.repair {
		return nil, nil
	}
	return s.Store.Changes(ctx)
}

// Void implements chat.Store.
func (s *brokenStore) Void(ctx context.Context, roomID string, seq int64, now time.Time) (chat.Entry, error) {
	if s.holes {
		return chat.Entry{Seq: seq, Void: true}, nil
	}
	return s.Store.Void(ctx, roomID, seq, now)
}

// A simulation that finds nothing proves nothing unless it would find something: each part
// that the guarantees rest on is taken out, and has to be missed.
func TestBreakagesAreNoticed(t *testing.T) {
	cases := map[string]struct {
		breakage
		kinds []string
	}{
		"the idempotency record":              {breakage{idempotency: true}, []string{"2 stored twice"}},
		"the condition that a place is empty": {breakage{position: true}, []string{"3 position changed"}},
		"the filling of holes":                {breakage{holes: true}, []string{"3 position changed"}},
		"the repair of memberships":           {breakage{repair: true}, []string{"deaf: not in the record", "overhears: in the record"}},
		"the handling of 410":                 {breakage{gone: true}, []string{"record left"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2000) {
				p := profileOf(scramble(seed))
				p.rooms, p.operations, p.slow = 1, 60, 0.2 // many writers of one log, and holes in it
				w := simulate(t, p, seed, inMemory(c.breakage))
				for _, v := range w.found {
					if slices.Contains(c.kinds, v.kind) {
						return
					}
				}
			}
			t.Error("2,000 histories do not miss it")
		})
	}
}
