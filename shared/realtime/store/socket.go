package store

import (
	"context"
	"encoding/json"
	"time"
)

// SocketStore keeps the sockets of connections.
type SocketStore interface {
	// AddSocket adds a socket to a connection, to its rooms, to the room of its own id,
	// and to Everyone. If the state has a PID it also saves a Session that has not ended.
	// With Answering the memberships have it too, and so have those that Join adds until
	// Answered is called. ErrNoConnection, ErrSocketExists.
	AddSocket(ctx context.Context, c Connection, namespace string, s SocketState) error
	// Answered records that the reply to a socket's CONNECT has left. ErrNoSocket.
	Answered(ctx context.Context, socket SocketRef) error
	// SetData replaces a socket's data. ErrNoSocket.
	SetData(ctx context.Context, socket SocketRef, data json.RawMessage) error
	// SetExpiry replaces a socket's Expires. ErrNoSocket.
	SetExpiry(ctx context.Context, socket SocketRef, at time.Time) error
}

// SocketRef names one socket: a connection may end a socket and open another in the same
// namespace, so an operation on the wrong one is refused with ErrNoSocket.
type SocketRef struct {
	ConnectionID string
	Namespace    string
	SocketID     string
}

// SocketState is one socket of a connection as it is stored.
type SocketState struct {
	ID string
	// Rooms are the rooms that the socket has joined, without the room of its own id. With
	// MoreRooms there may be more, which RoomStore.OtherRooms returns.
	Rooms     []string
	MoreRooms bool
	// Sharded are those of Rooms, and perhaps Everyone, that were large when the socket joined them.
	// Only the Store writes and reads it.
	Sharded []string
	Data    json.RawMessage
	// PID is the id of the socket's session; empty when recovery is off.
	PID string
	// Since is the log's clock from before the socket was added, and Resumed where its client had
	// stopped. They are stored with the session only.
	Since   int64
	Resumed Stop
	// Expires is when the socket must end; zero: when its connection does.
	Expires time.Time
	// Answering is until when the reply to the socket's CONNECT may be on its way; zero: it has
	// left.
	Answering time.Time
	// EndedAt is when the socket began to end, and Reason why; zero while it is open.
	EndedAt time.Time
	Reason  Reason
}

// Expired reports whether the socket must end.
func (s SocketState) Expired(now time.Time) bool {
	return !s.Expires.IsZero() && !now.Before(s.Expires)
}
