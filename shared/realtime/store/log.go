package store

import (
	"context"
	"fmt"
	"time"
)

// LogStore keeps the recovery log of each room: the packets that clients may have missed, and
// who was reached by them.
type LogStore interface {
	// Clock returns the log's clock, and Tick moves it on by one and returns what it is then. It
	// is one number for all rooms that never goes back, so that the order of what functions do
	// does not depend on their clocks.
	Clock(ctx context.Context) (int64, error)
	Tick(ctx context.Context) (int64, error)
	// AppendPacket appends a packet to the logs of rooms, or of Everyone. It may be repeated.
	AppendPacket(ctx context.Context, namespace string, rooms []string, p LoggedPacket, expires time.Time) error
	// NoteReached records beside a packet in the logs of rooms who was reached by it.
	NoteReached(ctx context.Context, namespace string, rooms []string, offset string, r Reached, expires time.Time) error
	// Packets returns the first packets of a room's log whose key is larger than after, in order
	// of their keys.
	Packets(ctx context.Context, namespace, room, after string, limit int) ([]LoggedPacket, error)
}

// LoggedPacket is a packet in a recovery log.
type LoggedPacket struct {
	// Offset names the packet. It begins with the log's clock from before it was emitted.
	Offset string
	// MissedAt is the log's clock when the gateway refused the packet for a socket, in the log of
	// the room of that socket's id. It is zero for a packet as it was emitted.
	MissedAt int64
	// Except are rooms whose sockets the packet was not for.
	Except []string
	Frames [][]byte
	// Reached are what is known of its receivers, in order of the parts.
	Reached []Reached
}

// Key sorts packets in a log: those that were emitted by their offset, and after them those that
// a socket missed.
func (p LoggedPacket) Key() string {
	if p.MissedAt == 0 {
		return p.Offset
	}
	return fmt.Sprintf("missed %016d %s", p.MissedAt, p.Offset)
}

// Reached tells who was reached by a packet, or by the part of a large fan-out.
type Reached struct {
	// Part is the number of the part. Part 0 is what the emitting function posted by itself. Parts is how
	// many parts were handed over by who posted this one.
	Part, Parts int
	// Since is the log's clock before the first post, and Clock after the last.
	Since, Clock int64
	// Process names the process that posted, and read the clock before and ticked it after. The
	// intervals are by the clock of that process.
	Process string
	Read    Interval
	Ticked  Interval
	Posted  map[string]Interval // by connection, of those which the gateway took
}

// Interval is when a call began and when it had ended, in microseconds since its process began.
type Interval struct{ Began, Ended int64 }
