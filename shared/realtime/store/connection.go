package store

import (
	"context"
	"time"
)

// ConnectionStore keeps connections.
type ConnectionStore interface {
	// PutConnection stores a new connection. First it notes that the connection opens, so that
	// Unfinished returns it while it has no socket.
	PutConnection(ctx context.Context, c Connection) error
	// Touch records a message of the connection, counts it in the rate window, and
	// returns the connection. It is one call to the database, made for every message.
	// ErrNoConnection when the connection is unknown or ending.
	Touch(ctx context.Context, id string, t Touch) (Connection, error)
	// Connections returns those of the given connections that are open.
	Connections(ctx context.Context, ids []string) ([]Connection, error)
	// LimitConnection notes a limit on a connection, if the connection is there.
	LimitConnection(ctx context.Context, id string, l Limit) error
	// LargeHandshakes returns the handshakes of connections with LargeHandshake, by id. It
	// leaves out those that are gone.
	LargeHandshakes(ctx context.Context, ids []string) (map[string]Handshake, error)
}

// Connection is one WebSocket as it is stored.
type Connection struct {
	ID string
	// EngineID is the Engine.IO session id. It is secret: only this connection's client
	// learns it.
	EngineID  string
	Handshake Handshake
	// LargeHandshake: Handshake has no Headers, Query and URL, because every message would
	// pay for their size. LargeHandshakes returns it whole.
	LargeHandshake bool
	ConnectedAt    time.Time
	// SeenAt is when the client's last message was handled.
	SeenAt time.Time
	// Expires is when the record is deleted, whatever else happens.
	Expires time.Time
	// Sockets are the connection's sockets by namespace.
	Sockets map[string]SocketState
	// Recent counts the messages of the current rate window, this one included.
	Recent int
	// Ordinal numbers the connection's messages in the order in which they are handled.
	Ordinal int64
	// Caused is what the connection's messages have counted, this one included, in deliveries.
	Caused int64
	// Limited is the last limit that was noted.
	Limited Limit
	// Binary is how many binary packets are incomplete.
	Binary int
	// LeftAt is when the most recently ended of its sockets ended; zero if none has.
	LeftAt time.Time
	// EndedAt is when the connection began to end, and Reason why; zero while it is open.
	EndedAt time.Time
	Reason  Reason
}

// Touch is what a message records on its connection.
type Touch struct {
	Now time.Time
	// Window is the length of the rate window.
	Window time.Duration
	// Packet is when the gateway received the message, if the message is a packet without
	// attachments; otherwise zero.
	Packet time.Time
	// Price is what the message counts, in deliveries.
	Price int64
}

// Limit is until when a client is refused what it asks for, because its person has caused too
// much.
type Limit struct {
	Until time.Time
	// Caused is what the connection had caused when it was limited.
	Caused int64
}
