package store

import (
	"context"
	"time"
)

// SessionStore keeps the sessions that clients may recover.
type SessionStore interface {
	// SaveSession stores a session that has ended: once, and not after another connection
	// has recovered it. Session reads one. TakeSession gives it to another connection; if
	// several ask, to only one. AddSocket then makes it a session in use again.
	// ForgetSession deletes the session of a connection; it may be repeated. ErrNoSession.
	SaveSession(ctx context.Context, pid string, session Session, expires time.Time) error
	Session(ctx context.Context, pid string) (Session, error)
	TakeSession(ctx context.Context, pid, from, to string) error
	ForgetSession(ctx context.Context, pid, connectionID string) error
	// PutLeft records that the client of a connection left a namespace on purpose, when the
	// connection's record may be gone. Left reports whether that was recorded.
	PutLeft(ctx context.Context, connectionID, namespace string, expires time.Time) error
	Left(ctx context.Context, connectionID, namespace string) (bool, error)
}

// Session is what a client may recover.
type Session struct {
	Namespace    string
	ConnectionID string
	// State is the socket as it was when it ended. If its EndedAt is zero, the ending of
	// the connection has not been saved yet.
	State SocketState
	// Taken: another connection has begun to recover it.
	Taken bool
}
