package store

import (
	"context"
	"time"
)

// EndingStore makes sure that one caller runs the ending of a socket or connection.
type EndingStore interface {
	// ClaimSocket gives the caller the right to end a socket, ClaimConnection to end a
	// connection. Another caller may take over a claim older than ClaimLease, because
	// the function that held it has died. ErrClaimed; ErrNoSocket or ErrNoConnection.
	ClaimSocket(ctx context.Context, socket SocketRef, now time.Time, reason Reason) (Connection, error)
	ClaimConnection(ctx context.Context, id string, now time.Time, reason Reason) (Connection, error)
	// RemoveSocket deletes a socket that has ended and records at as Connection.LeftAt. last
	// reports whether the connection is ending too and has no other socket.
	// RemoveConnection deletes a connection that has ended. Both may be repeated.
	// Unfinished returns the connections with a claim from before a time, their own or a
	// socket's. It fills what Slot fills, and may be slightly stale.
	RemoveSocket(ctx context.Context, connectionID, namespace string, at time.Time) (last bool, err error)
	RemoveConnection(ctx context.Context, id string) error
	Unfinished(ctx context.Context, before time.Time) ([]Connection, error)
}

// ClaimLease is how long a claim holds: longer than any function runs.
const ClaimLease = time.Minute

// Unfinished reports whether an ending of the connection or of one of its sockets was claimed
// before a time and is not finished.
func (c Connection) Unfinished(before time.Time) bool {
	if !c.EndedAt.IsZero() {
		return c.EndedAt.Before(before)
	}
	for _, socket := range c.Sockets {
		if !socket.EndedAt.IsZero() && socket.EndedAt.Before(before) {
			return true
		}
	}
	return false
}
