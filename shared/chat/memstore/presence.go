package memstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
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

// NoteArrival implements chat.Store.
func (s *Store) NoteArrival(_ context.Context, a chat.Arrival) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals[a.Key()] = a
	return nil
}

// Arrivals implements chat.Store.
func (s *Store) Arrivals(_ context.Context, before time.Time) ([]chat.Arrival, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []chat.Arrival
	for _, a := range s.arrivals {
		if a.At.Before(before) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b chat.Arrival) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Key(), b.Key()))
	})
	return all, nil
}

// ForgetArrivals implements chat.Store.
func (s *Store) ForgetArrivals(_ context.Context, all []chat.Arrival) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range all {
		delete(s.arrivals, a.Key())
	}
	return nil
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
