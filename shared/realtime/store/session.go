package store

import (
	"context"
	"time"
)

// SessionStore keeps the sessions that clients may recover.
type SessionStore interface {
	// StopSession records the log's clock before a session's socket leaves its rooms. What was
	// recorded first stays. It does nothing unless the session is the connection's.
	StopSession(ctx context.Context, pid, connectionID string, clock int64) error
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
	// Since is the socket's. Stopped is the connection that the socket was on, and the log's
	// clock when it began to leave its rooms.
	Since   int64
	Stopped Stop
	// Resumed is where the client had stopped when it began this connection by a recovery.
	Resumed Stop
}

// Stop is where a client stopped to hear.
type Stop struct {
	// Offset is the last that it received.
	Offset string
	// ConnectionID is the connection on which it did, and Since and Until are the log's clock at
	// the beginning and the end of its socket there.
	ConnectionID string
	Since, Until int64
}
