// Package store is the port through which the engine keeps what must outlive an
// invocation: connections, their sockets and rooms, endings under way, acknowledgements,
// recoverable sessions, and frames of binary packets.
//
// [Store] is the whole port; it is made of one interface a role, each in the file of its
// name with the types that it stores. An application does not use this package: it gives
// the server an implementation. There are two, shared/dynamo/realtimestore on DynamoDB and
// shared/realtime/memstore for tests; package storetest checks what every implementation
// must do.
package store

import "errors"

// Store is everything that the engine stores. All methods are safe for concurrent use,
// read what was written before them (strong consistency, unless the method says
// otherwise), return complete results, and hide what has expired.
//
//layout:large because it is the sum of the roles, and its consumers name a role
type Store interface {
	ConnectionStore
	SocketStore
	RoomStore
	EndingStore
	SlotStore
	AckStore
	SessionStore
	LogStore
	OnceStore
	CountStore
	FragmentStore
}

// Errors that a Store returns, apart from its own failures. Compare with errors.Is. An
// error of its own names the operation; callers need not. If it may pass, it has a method
// Unavailable() bool that returns true.
var (
	// ErrNoConnection: the connection is unknown, has expired, or has ended.
	ErrNoConnection = errors.New("realtime: no such connection")
	// ErrNoSocket: the connection has no such socket.
	ErrNoSocket = errors.New("realtime: no such socket")
	// ErrSocketExists: the connection already has a socket in this namespace.
	ErrSocketExists = errors.New("realtime: socket exists")
	// ErrTooManyRooms: the socket would be in too many rooms.
	ErrTooManyRooms = errors.New("realtime: too many rooms")
	// ErrClaimed: another caller holds the claim, or has finished what it is for.
	ErrClaimed = errors.New("realtime: claimed by another caller")
	// ErrNoSession: no session has this id, or another connection has recovered it.
	ErrNoSession = errors.New("realtime: no such session")
)
