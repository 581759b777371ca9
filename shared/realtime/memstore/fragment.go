package memstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// fragmentKey tells the fragments of a connection apart, and orders them.
type fragmentKey struct {
	received int64 // ns
	ordinal  int64
}

func keyOf(f store.Fragment) fragmentKey { return fragmentKey{f.At.UnixNano(), f.Ordinal} }

func (k fragmentKey) at() time.Time { return time.Unix(0, k.received) }

func (k fragmentKey) compare(other fragmentKey) int {
	return cmp.Or(cmp.Compare(k.received, other.received), cmp.Compare(k.ordinal, other.ordinal))
}

type fragment struct {
	store.Fragment
	expiring
}

// AddFragment implements store.Store.
func (s *Store) AddFragment(_ context.Context, connectionID string, f store.Fragment, expires time.Time) (lastPacket time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.IsHeader() {
		c := s.connection(connectionID)
		if c == nil {
			return time.Time{}, store.ErrNoConnection
		}
		c.headers[keyOf(f)] = true
		lastPacket = c.lastPacket
	}
	insert(s.fragments, connectionID, fragment{f, expiring{expires}}, func(a, b fragment) int {
		return keyOf(a.Fragment).compare(keyOf(b.Fragment))
	})
	return lastPacket, nil
}

// Fragments implements store.Store.
func (s *Store) Fragments(_ context.Context, connectionID string) ([]store.Fragment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fragments []store.Fragment
	for _, f := range s.fragments[connectionID] {
		if !f.expired(s.now()) {
			if len(f.Body) > store.SmallBody {
				f.Body = nil
			}
			fragments = append(fragments, f.Fragment)
		}
	}
	return fragments, nil
}

// TakeFragments implements store.Store.
func (s *Store) TakeFragments(_ context.Context, connectionID string, taken []store.Fragment) ([]store.Fragment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := keyOf(taken[0])
	if !slices.ContainsFunc(s.fragments[connectionID], func(f fragment) bool {
		return keyOf(f.Fragment) == first && !f.expired(s.now())
	}) {
		return nil, store.ErrClaimed
	}
	mine := slices.Clone(taken)
	deleteFrom(s.fragments, connectionID, func(f fragment) bool {
		i := slices.IndexFunc(taken, func(t store.Fragment) bool { return keyOf(t) == keyOf(f.Fragment) })
		if i >= 0 {
			mine[i] = f.Fragment
		}
		return i >= 0
	})
	if c := s.connection(connectionID); c != nil {
		delete(c.headers, first)
	}
	return mine, nil
}
