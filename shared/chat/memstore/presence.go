package memstore

import (
	"cmp"
	"context"
	"maps"
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
	// told: others believe that the user is online.
	told bool
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

// transition returns what the coming or going of a socket means, after it.
func (u *user) transition(socketID string, now time.Time) chat.Transition {
	t := chat.Transition{Others: u.countLive(socketID, now), Version: u.version, LastSeen: u.lastSeen}
	_, there := u.sockets[socketID]
	expired := len(u.sockets) - t.Others
	if there {
		expired--
	}
	t.Told = u.told && (t.Others > 0 || expired == 0)
	return t
}

// NoteCheck implements chat.Store.
func (s *Store) NoteCheck(_ context.Context, c chat.Check) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks[c] = true
	return nil
}

// Checks implements chat.Store.
func (s *Store) Checks(_ context.Context, before time.Time) ([]chat.Check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []chat.Check
	for c := range s.checks {
		if c.Due.Before(before) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b chat.Check) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Key(), b.Key()))
	})
	return all, nil
}

// ForgetChecks implements chat.Store.
func (s *Store) ForgetChecks(_ context.Context, all []chat.Check) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range all {
		delete(s.checks, c)
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
	return known.transition(socketID, now), nil
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
	return known.transition(socketID, now), nil
}

// SetTold implements chat.Store.
func (s *Store) SetTold(_ context.Context, userID string, version int64, online bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.users[userID]
	if known == nil || known.version != version {
		return false, nil
	}
	known.told = online
	return true, nil
}

// Presences implements chat.Store.
func (s *Store) Presences(_ context.Context, userIDs []string, now time.Time) (map[string]chat.Presence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]chat.Presence{}
	for _, id := range userIDs {
		if known := s.users[id]; known != nil {
			all[id] = chat.PresenceOf(known.name, known.transition("", now), slices.Collect(maps.Keys(known.sockets)))
		}
	}
	return all, nil
}
