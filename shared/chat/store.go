package chat

import (
	"context"
	"errors"
	"time"
)

// Errors that a Store answers with, apart from its own failures.
var (
	// ErrNoRoom: there is no room of this id.
	ErrNoRoom = errors.New("chat: no such room")
	// ErrNotMember: the sender is not a member of the room.
	ErrNotMember = errors.New("chat: not a member")
	// ErrTaken: something is at this position of the log already.
	ErrTaken = errors.New("chat: position is taken")
)

// Store keeps rooms, members, logs and presence. All methods are safe for
// concurrent use, read what was written before them, and may be repeated: a
// repetition has the same effect and result.
//
// Store is implemented by shared/dynamo/chatstore; its suite says in tests what
// every implementation must do.
type Store interface {
	// CreateRoom stores a room with its members, and returns the room as it is
	// stored: an earlier one of the same id, or of the same creator with the same
	// tempID (unless that is empty), stays as it was, and created is false.
	CreateRoom(ctx context.Context, r Room, members []Member, tempID string) (stored Room, created bool, err error)
	// Room returns a room. ErrNoRoom.
	Room(ctx context.Context, roomID string) (Room, error)
	// Rooms returns those of the rooms that exist, with their heads.
	Rooms(ctx context.Context, roomIDs []string) ([]Room, error)
	// OpenRooms returns the newest channels, at most limit.
	OpenRooms(ctx context.Context, limit int) ([]Room, error)

	// AddMember and RemoveMember report whether they changed something.
	AddMember(ctx context.Context, roomID string, m Member) (bool, error)
	RemoveMember(ctx context.Context, roomID, userID string) (bool, error)
	// IsMember reports whether a user is a member.
	IsMember(ctx context.Context, roomID, userID string) (bool, error)
	// Members returns members of a room, at most limit.
	Members(ctx context.Context, roomID string, limit int) ([]Member, error)
	// RoomsOf returns the ids of a user's rooms.
	RoomsOf(ctx context.Context, userID string) ([]string, error)

	// Take hands out the next position of a room's log to a sender's tempId. It may
	// hand out the same one again for the same tempId, unless it is not.
	Take(ctx context.Context, roomID, senderID, tempID string, now time.Time, not int64) (int64, error)
	// Put stores a message at its position, once for each sender and tempId, on
	// condition that the sender is a member. It returns the message as it is stored,
	// which is an earlier one when fresh is false. ErrTaken, ErrNotMember.
	Put(ctx context.Context, m Message) (stored Message, fresh bool, err error)
	// Head returns the last position handed out, and when.
	Head(ctx context.Context, roomID string) (Head, error)
	// Entries returns what is at the positions from first to last, in order; positions
	// that nothing was put at are left out.
	Entries(ctx context.Context, roomID string, first, last int64) ([]Entry, error)
	// Void puts a tombstone at a position, for ever, unless something is there, and
	// returns what is there now.
	Void(ctx context.Context, roomID string, seq int64, now time.Time) (Entry, error)

	// Online notes that a socket of a user lives until it expires at the latest, and
	// Offline that it is gone.
	Online(ctx context.Context, u User, socketID string, now, expires time.Time) (Transition, error)
	Offline(ctx context.Context, userID, socketID string, now time.Time) (Transition, error)
	// Presences returns the presence of those users who were ever online.
	Presences(ctx context.Context, userIDs []string, now time.Time) (map[string]Presence, error)
}

// Head is the end of a room's log.
type Head struct {
	Seq int64
	// At is when the position was handed out.
	At time.Time
}

// Entry is what stands at a position: a message, or a tombstone.
type Entry struct {
	Seq     int64
	Void    bool
	Message Message
}

// Transition says what a socket's coming or going meant for its user.
type Transition struct {
	// Others is how many other sockets of the user live.
	Others int
	// Version grows with each coming and going of the user's sockets; 0: of nobody's.
	Version int64
}
