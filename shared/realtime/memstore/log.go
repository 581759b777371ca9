package memstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

type packet struct {
	store.LoggedPacket
	expiring
}

// AppendPacket implements store.Store.
func (s *Store) AppendPacket(_ context.Context, namespace string, rooms []string, p store.LoggedPacket, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Except, p.Frames = union(nil, p.Except), slices.Clone(p.Frames)
	for _, room := range rooms {
		key := roomKey{namespace, room}
		insert(s.logs, key, packet{p, expiring{expires}}, func(a, b packet) int { return cmp.Compare(a.Offset, b.Offset) })
	}
	return nil
}

// Packets implements store.Store.
func (s *Store) Packets(_ context.Context, namespace, room, after string, limit int) ([]store.LoggedPacket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var packets []store.LoggedPacket
	for _, p := range s.logs[roomKey{namespace, room}] {
		if p.Offset > after && !p.expired(s.now()) && len(packets) < limit {
			packet := p.LoggedPacket
			packet.Except, packet.Frames = slices.Clone(p.Except), slices.Clone(p.Frames)
			packets = append(packets, packet)
		}
	}
	return packets, nil
}
