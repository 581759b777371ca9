package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Errors that a Store answers with, apart from its own failures.
var (
	// ErrNoConnection: the connection is unknown, expired, or has ended.
	ErrNoConnection = errors.New("realtime: no such connection")
	// ErrNoSocket: the connection has no socket in this namespace.
	ErrNoSocket = errors.New("realtime: no such socket")
	// ErrSocketExists: the connection already has a socket in this namespace.
	ErrSocketExists = errors.New("realtime: socket exists")
	// ErrClaimed: somebody else is ending this connection or socket, or has.
	ErrClaimed = errors.New("realtime: the ending is somebody else's")
)

// Everyone is the name under which a Store knows the set of all sockets of a
// namespace. No room can have it: room names are never empty.
const Everyone = ""

// Connection is one WebSocket as it is stored.
type Connection struct {
	ID string
	// EngineID is the Engine.IO session id. It is secret: only the client of this
	// connection hears it.
	EngineID    string
	Handshake   Handshake
	ConnectedAt time.Time
	// SeenAt is when the client's last message was handled.
	SeenAt time.Time
	// Expires is when the record stops to exist, whatever else happens.
	Expires time.Time
	// Sockets are the connection's sessions by namespace.
	Sockets map[string]SocketState
	// Recent counts the messages of the present rate window, this one included.
	Recent int
	// Ordinal numbers the connection's messages in the order of their handling.
	Ordinal int64
	// Binary is how many binary packets are still being collected, as far as Touch knows.
	Binary int
	// LeftAt is when the last of its sockets to end did; zero: none has.
	LeftAt time.Time
	// EndedAt is when somebody began to end the connection, and Reason why; zero while it
	// lives.
	EndedAt time.Time
	Reason  Reason
}

// Touch is what a message leaves on its connection.
type Touch struct {
	Now time.Time
	// Window is the length of the rate window.
	Window time.Duration
	// Packet is when the gateway received the message, if it is a packet without
	// attachments; else zero.
	Packet time.Time
}

// SocketState is one socket of a connection as it is stored.
type SocketState struct {
	ID string
	// Rooms that the socket has joined, without the room of its own id.
	Rooms []string
	Data  json.RawMessage
	// PID names the session for recovery; empty when recovery is off.
	PID string
	// Expires is when the socket has to end; zero: with its connection.
	Expires time.Time
	// EndedAt is when somebody began to end the socket, and Reason why; zero while it lives.
	EndedAt time.Time
	Reason  Reason
}

// expired reports whether the socket has to end.
func (s SocketState) expired(now time.Time) bool {
	return !s.Expires.IsZero() && !now.Before(s.Expires)
}

// Member is a socket in a room: enough to reach it, and to forget it.
type Member struct {
	ConnectionID string `json:"c"`
	SocketID     string `json:"s"`
	// Room is where it was found; Everyone too.
	Room string `json:"r,omitempty"`
}

// Answer is a client's acknowledgement of a packet that the server emitted.
type Answer struct {
	ConnectionID string
	// Args is what the client passed to its callback, as socketio.Args.Save writes it.
	Args json.RawMessage
}

// Fragment is a frame of a binary packet: the header, or one attachment.
type Fragment struct {
	// At is when the gateway received the frame and Ordinal how many of the
	// connection's messages were handled before; together they order fragments.
	At      time.Time
	Ordinal int64
	// Header is the packet's text; empty for an attachment.
	Header     string
	Attachment []byte
}

// Store keeps what must outlive an invocation. All methods are safe for
// concurrent use, read what was written before them (no eventual consistency
// unless said), read through every page, and hide what has expired.
//
// Store is implemented by shared/dynamo; the suite in shared/dynamo says in
// tests what every implementation must do.
type Store interface {
	// PutConnection stores a new connection.
	PutConnection(ctx context.Context, c Connection) error
	// Touch notes a message of the connection, counts it in its rate window, and
	// returns the connection. One call, on every message. ErrNoConnection when it is
	// unknown or ending.
	Touch(ctx context.Context, id string, t Touch) (Connection, error)
	// Connections returns those of the given connections that live.
	Connections(ctx context.Context, ids []string) ([]Connection, error)

	// AddSocket adds a socket to a connection, and to its rooms, the room of its own
	// id and Everyone; with a PID it also saves a Session that has not ended.
	// ErrNoConnection, ErrSocketExists.
	AddSocket(ctx context.Context, c Connection, namespace string, s SocketState) error
	// SetData replaces a socket's data. ErrNoSocket.
	SetData(ctx context.Context, connectionID, namespace, socketID string, data json.RawMessage) error
	// SetExpiry replaces a socket's Expires. ErrNoSocket.
	SetExpiry(ctx context.Context, connectionID, namespace, socketID string, at time.Time) error
	// Join adds a socket to rooms, Leave takes it out. Both may be repeated. What they do
	// at once ends with the socket a member of those rooms that its record names.
	// Join answers ErrNoSocket when the socket has ended.
	Join(ctx context.Context, connectionID, namespace, socketID string, rooms []string) error
	Leave(ctx context.Context, connectionID, namespace, socketID string, rooms []string) error
	// Members returns the sockets of a room, or of Everyone.
	Members(ctx context.Context, namespace, room string) ([]Member, error)

	// ClaimSocket gives the caller the right to end a socket, and ClaimConnection a
	// whole connection. A claim older than ClaimLease has died with its holder and
	// may be taken over. ErrClaimed; ErrNoSocket or ErrNoConnection.
	ClaimSocket(ctx context.Context, connectionID, namespace, socketID string, now time.Time, reason Reason) (Connection, error)
	ClaimConnection(ctx context.Context, id string, now time.Time, reason Reason) (Connection, error)
	// Vacate takes sockets (by namespace) out of all their rooms. It deletes by key
	// alone, so it also removes what a connection that is long gone left behind.
	Vacate(ctx context.Context, connectionID string, sockets map[string]SocketState) error
	// RemoveSocket and RemoveConnection forget what has ended; both may be repeated.
	// The former leaves its time as Connection.LeftAt. last: the connection is ending too,
	// and has no other socket.
	RemoveSocket(ctx context.Context, connectionID, namespace string, at time.Time) (last bool, err error)
	RemoveConnection(ctx context.Context, id string) error

	// Slot calls visit with the connections of one heartbeat slot (of Slots), a
	// page at a time. Of a Connection it fills what the sweep needs: ID,
	// ConnectedAt, SeenAt, EndedAt, Reason, and of its Sockets ID, Expires and the latter
	// two. It may read somewhat stale state.
	Slot(ctx context.Context, slot int, visit func([]Connection) error) error
	// Pinged returns when this slot was last pinged throughout (zero: never), and
	// SetPinged notes it.
	Pinged(ctx context.Context, slot int) (time.Time, error)
	SetPinged(ctx context.Context, slot int, at time.Time) error

	// PutAnswer stores a client's answer to an ack id, the first one of each
	// connection; Answers returns what has come in so far.
	PutAnswer(ctx context.Context, namespace string, ackID uint64, a Answer, expires time.Time) error
	Answers(ctx context.Context, namespace string, ackID uint64) ([]Answer, error)

	// SaveSession stores a session that has ended, once, and not if another connection
	// has recovered it. Session reads one. TakeSession makes it that of another connection,
	// for one of several, until AddSocket makes it a session that lives again. ErrNoSession.
	// ForgetSession removes that of a connection; it may be repeated.
	SaveSession(ctx context.Context, pid string, session Session, expires time.Time) error
	Session(ctx context.Context, pid string) (Session, error)
	TakeSession(ctx context.Context, pid, from, to string) error
	ForgetSession(ctx context.Context, pid, connectionID string) error
	// AppendPacket appends a packet to the recovery logs of rooms, or of Everyone;
	// Packets returns the first of a room's packets with a larger offset, in order.
	AppendPacket(ctx context.Context, namespace string, rooms []string, p LoggedPacket, expires time.Time) error
	Packets(ctx context.Context, namespace, room, after string, limit int) ([]LoggedPacket, error)

	// Begin asks for the right to do what a key names: it is the caller's, or it has
	// been done. ErrClaimed while it is another caller's, whose claim holds for
	// ClaimLease. Finish notes what came of it (ErrClaimed when the claim was lost),
	// and Abandon that nothing did.
	Begin(ctx context.Context, key string, now, expires time.Time) (Attempt, error)
	Finish(ctx context.Context, key, claim string, result json.RawMessage, expires time.Time) error
	Abandon(ctx context.Context, key, claim string) error

	// AddFragment stores a frame of a binary packet. For a header it returns the
	// connection's last Touch.Packet.
	AddFragment(ctx context.Context, connectionID string, f Fragment, expires time.Time) (lastPacket time.Time, err error)
	// Fragments returns all of the connection's frames in order, and TakeFragments
	// removes those given: only one of several callers with the same first fragment is
	// told true.
	Fragments(ctx context.Context, connectionID string) ([]Fragment, error)
	TakeFragments(ctx context.Context, connectionID string, f []Fragment) (bool, error)
}

// Slots is how many slots the heartbeat spreads its connections over. With a
// sweep every minute each connection hears one every nine, which keeps it inside
// API Gateway's idle timeout of ten.
const Slots = 9

// FragmentLifetime is how long a binary packet may take from its first frame to its last.
const FragmentLifetime = 2 * time.Minute

// ClaimLease is how long the claim to end something, or to do it once, holds: longer
// than any function runs.
const ClaimLease = time.Minute
