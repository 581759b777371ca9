package store

import (
	"context"
	"time"
)

// EndingStore makes sure that one caller runs the ending of a socket or connection, and that
// somebody finishes it.
type EndingStore interface {
	// NoteEnding notes that a socket is about to be claimed, or its whole connection if the
	// namespace is empty. Call it before a claim. What is noted already stays.
	NoteEnding(ctx context.Context, socket SocketRef, now time.Time, reason Reason) error
	// ClaimSocket gives the caller the right to end a socket, ClaimConnection to end a
	// connection. Another caller may take over a claim older than ClaimLease, because
	// the function that held it has died. A socket of a connection that ends is the
	// connection's, unless it was claimed before. ErrClaimed; ErrNoSocket or ErrNoConnection.
	ClaimSocket(ctx context.Context, socket SocketRef, now time.Time, reason Reason) (Connection, error)
	ClaimConnection(ctx context.Context, id string, now time.Time, reason Reason) (Connection, error)
	// RemoveSocket deletes a socket that has ended and records at as Connection.LeftAt. last
	// reports whether the connection is ending too and has no other socket.
	// RemoveConnection deletes a connection that has ended. Both may be repeated.
	RemoveSocket(ctx context.Context, connectionID, namespace string, at time.Time) (last bool, err error)
	RemoveConnection(ctx context.Context, id string) error
	// Unfinished visits the connections of one of Parts parts whose notes are from before a time
	// and due, as Note.Judge returns them. It fills what Slot fills, and may be slightly stale.
	Unfinished(ctx context.Context, part int, before time.Time, visit Visit) error
}

// ClaimLease is how long a claim holds: longer than any function runs.
const ClaimLease = time.Minute
