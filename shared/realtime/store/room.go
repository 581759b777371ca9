package store

import (
	"context"
	"time"
)

// RoomStore keeps which sockets are in which rooms.
type RoomStore interface {
	// Join adds a socket to rooms, Leave removes it from them. Both may be repeated. When
	// several run at once, the socket ends up in exactly the rooms that its record lists.
	// Join returns ErrNoSocket when the socket has ended, and ErrTooManyRooms when it would be
	// in more rooms than limit. Joins at once may exceed the limit by store.RecordRooms.
	Join(ctx context.Context, socket SocketRef, rooms []string, limit int) error
	Leave(ctx context.Context, socket SocketRef, rooms []string) error
	// OtherRooms returns the rooms of sockets with MoreRooms that their states leave out, and
	// perhaps some that they have. What it returns belongs to the caller.
	OtherRooms(ctx context.Context, sockets []SocketRef) (map[SocketRef][]string, error)
	// Members returns the sockets in a room, or in Everyone.
	Members(ctx context.Context, namespace, room string) ([]Member, error)
	// Vacate removes sockets (by namespace) from all their rooms, which the states must list
	// completely. It deletes by key alone, so it also removes what a connection left behind
	// whose record is gone.
	Vacate(ctx context.Context, connectionID string, sockets map[string]SocketState) error
}

// RecordRooms is how many rooms of a socket its connection's record has place for. The others
// are stored beside it, so that a message does not cost more in a socket with many rooms.
const RecordRooms = 10

// Everyone is the room of all sockets of a namespace. No other room can have this name:
// room names are never empty.
const Everyone = ""

// Member is a socket in a room: what is needed to reach it, and to remove it.
type Member struct {
	ConnectionID string `json:"c"`
	SocketID     string `json:"s"`
	// Room is where it was found; Everyone too.
	Room string `json:"r,omitempty"`
	// Sharded: the room is large, and the Store has put the socket into a shard of it.
	Sharded bool `json:"h,omitempty"`
	// Expires is when the socket must end; zero: when its connection does. It may be older
	// than the socket's last SetExpiry. It is not handed over.
	Expires time.Time `json:"-"`
	// Answering is the socket's when it joined. The reply may have left since.
	Answering time.Time `json:"a,omitzero"`
}
