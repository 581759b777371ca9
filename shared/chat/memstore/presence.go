package memstore

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// user is a user's presence.
type user struct {
	name     string
	version  int64
	lastSeen chat.Time
	// sockets has when each socket expires.
	sockets map[string]time.Time
}

// countLive counts the user's live sockets except one.
func (u *user) countLive(except string, now time.Time) int {
	n := 0
	for id, expires := range u.sockets {
		if id != except && now.Before(expires) {
			n++
		}
	}
	return n
}

// Online implements chat.Store.
func (s *Store) Online(_ context.Context, u chat.User, socketID string, now, expires time.Time) (chat.Transition, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.users[u.ID]
	if known == nil {
		known = &user{sockets: map[string]time.Time{}}
		s.users[u.ID] = known
	}
	known.name = u.Name
	known.version++
	known.sockets[socketID] = expires
	return chat.Transition{Others: known.countLive(socketID, now), Version: known.version}, nil
}

// Offline implements chat.Store.
func (s *Store) Offline(_ context.Context, userID, socketID string, now time.Time) (chat.Transition, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.users[userID]
	if known == nil {
		return chat.Transition{}, nil
	}
	if _, exists := known.sockets[socketID]; exists {
		delete(known.sockets, socketID)
		known.lastSeen = chat.At(now)
		known.version++
	}
	return chat.Transition{Others: known.countLive(socketID, now), Version: known.version}, nil
}

// Presences implements chat.Store.
func (s *Store) Presences(_ context.Context, userIDs []string, now time.Time) (map[string]chat.Presence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]chat.Presence{}
	for _, id := range userIDs {
		known := s.users[id]
		if known == nil {
			continue
		}
		p := chat.Presence{Name: known.name, Version: known.version, Online: known.countLive("", now) > 0}
		if !p.Online {
			p.LastSeen = known.lastSeen
		}
		all[id] = p
	}
	return all, nil
}
