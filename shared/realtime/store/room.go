package store

import "context"

// RoomStore keeps which sockets are in which rooms.
type RoomStore interface {
	// Join adds a socket to rooms, Leave removes it from them. Both may be repeated. When
	// several run at once, the socket ends up in exactly the rooms that its record lists.
	// Join returns ErrNoSocket when the socket has ended.
	Join(ctx context.Context, socket SocketRef, rooms []string) error
	Leave(ctx context.Context, socket SocketRef, rooms []string) error
	// Members returns the sockets in a room, or in Everyone.
	Members(ctx context.Context, namespace, room string) ([]Member, error)
	// Vacate removes sockets (by namespace) from all their rooms. It deletes by key alone,
	// so it also removes what a connection left behind whose record is gone.
	Vacate(ctx context.Context, connectionID string, sockets map[string]SocketState) error
}

// Everyone is the room of all sockets of a namespace. No other room can have this name:
// room names are never empty.
const Everyone = ""

// Member is a socket in a room: what is needed to reach it, and to remove it.
type Member struct {
	ConnectionID string `json:"c"`
	SocketID     string `json:"s"`
	// Room is where it was found; Everyone too.
	Room string `json:"r,omitempty"`
}
