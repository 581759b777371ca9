package memstore

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

type session struct {
	store.Session
	expiring
}

// StopSession implements store.Store.
func (s *Store) StopSession(_ context.Context, pid, connectionID string, clock int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored := s.session(pid); stored != nil && stored.ConnectionID == connectionID && stored.Stopped.ConnectionID == "" {
		stored.Stopped = store.Stop{ConnectionID: connectionID, Since: stored.Since, Until: clock}
	}
	return nil
}

// SaveSession implements store.Store.
func (s *Store) SaveSession(_ context.Context, pid string, saved store.Session, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.session(pid)
	if stored == nil || stored.ConnectionID != saved.ConnectionID || !stored.State.EndedAt.IsZero() {
		return nil
	}
	saved.State = copyState(saved.State)
	saved.State.PID, saved.State.Reason = "", ""
	saved.Taken, saved.Since, saved.Stopped, saved.Resumed = false, stored.Since, stored.Stopped, stored.Resumed
	s.sessions[pid] = &session{saved, expiring{expires}}
	return nil
}

// Session implements store.Store.
func (s *Store) Session(_ context.Context, pid string) (store.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.session(pid)
	if stored == nil {
		return store.Session{}, store.ErrNoSession
	}
	found := stored.Session
	found.State = copyState(found.State)
	return found, nil
}

// TakeSession implements store.Store. The caller that took a session may take it again.
func (s *Store) TakeSession(_ context.Context, pid, from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.session(pid)
	if stored == nil || stored.State.EndedAt.IsZero() || stored.ConnectionID != from && stored.ConnectionID != to {
		return store.ErrNoSession
	}
	stored.ConnectionID, stored.Taken = to, true
	return nil
}

// ForgetSession implements store.Store.
func (s *Store) ForgetSession(_ context.Context, pid, connectionID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored := s.session(pid); stored != nil && stored.ConnectionID == connectionID {
		delete(s.sessions, pid)
	}
	return nil
}

// leftKey names a namespace that a connection's client left on purpose.
type leftKey struct{ connectionID, namespace string }

// PutLeft implements store.Store.
func (s *Store) PutLeft(_ context.Context, connectionID, namespace string, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left[leftKey{connectionID, namespace}] = expiring{expires}
	return nil
}

// Left implements store.Store.
func (s *Store) Left(_ context.Context, connectionID, namespace string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, ok := s.left[leftKey{connectionID, namespace}]
	return ok && !left.expired(s.now()), nil
}

// session returns a session, or nil.
func (s *Store) session(pid string) *session {
	stored := s.sessions[pid]
	if stored == nil || stored.expired(s.now()) {
		return nil
	}
	return stored
}
