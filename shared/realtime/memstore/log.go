package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

type packet struct {
	store.LoggedPacket
	expiring
}

func (p packet) compare(key string) int { return cmp.Compare(p.Key(), key) }

// Clock implements store.Store.
func (s *Store) Clock(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock, nil
}

// Tick implements store.Store.
func (s *Store) Tick(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	return s.clock, nil
}

// AppendPacket implements store.Store.
func (s *Store) AppendPacket(_ context.Context, namespace string, rooms []string, p store.LoggedPacket, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Except, p.Frames, p.Reached = union(nil, p.Except), slices.Clone(p.Frames), nil
	for _, room := range rooms {
		key := roomKey{namespace, room}
		insert(s.logs, key, packet{p, expiring{expires}}, func(a, b packet) int { return a.compare(b.Key()) })
	}
	return nil
}

// NoteReached implements store.Store.
func (s *Store) NoteReached(_ context.Context, namespace string, rooms []string, offset string, r store.Reached, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Posted = maps.Clone(r.Posted)
	for _, room := range rooms {
		log := s.logs[roomKey{namespace, room}]
		i, found := slices.BinarySearchFunc(log, offset, packet.compare)
		if !found {
			continue
		}
		reached := slices.DeleteFunc(slices.Clone(log[i].Reached), func(old store.Reached) bool { return old.Part == r.Part })
		log[i].Reached = append(reached, r)
		slices.SortFunc(log[i].Reached, func(a, b store.Reached) int { return cmp.Compare(a.Part, b.Part) })
	}
	return nil
}

// Packets implements store.Store.
func (s *Store) Packets(_ context.Context, namespace, room, after string, limit int) ([]store.LoggedPacket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var packets []store.LoggedPacket
	for _, p := range s.logs[roomKey{namespace, room}] {
		if p.Key() > after && !p.expired(s.now()) && len(packets) < limit {
			packet := p.LoggedPacket
			packet.Except, packet.Frames, packet.Reached = slices.Clone(p.Except), slices.Clone(p.Frames), slices.Clone(p.Reached)
			packets = append(packets, packet)
		}
	}
	return packets, nil
}
