package memstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// Admission implements chat.Store.
func (s *Store) Admission(_ context.Context, userID string) ([]string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roomsOf(userID), s.signedOut[userID], nil
}

// SignOut implements chat.Store.
func (s *Store) SignOut(_ context.Context, o chat.SignOut) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.signedOut[o.UserID].After(o.Until) {
		s.signedOut[o.UserID] = o.Until
		s.signOuts[o.UserID] = o
	}
	return nil
}

// SignedOut implements chat.Store.
func (s *Store) SignedOut(_ context.Context, userID string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signedOut[userID], nil
}

// SignOuts implements chat.Store.
func (s *Store) SignOuts(context.Context) ([]chat.SignOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []chat.SignOut
	for _, o := range s.signOuts {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b chat.SignOut) int { return strings.Compare(a.UserID, b.UserID) })
	return all, nil
}

// ForgetSignOut implements chat.Store.
func (s *Store) ForgetSignOut(_ context.Context, o chat.SignOut) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.signOuts[o.UserID].Until.After(o.Until) {
		delete(s.signOuts, o.UserID)
	}
	return nil
}
