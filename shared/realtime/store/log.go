package store

import (
	"context"
	"time"
)

// LogStore keeps the recovery log of each room: the packets that clients may have missed.
type LogStore interface {
	// AppendPacket appends a packet to the logs of rooms, or of Everyone. Packets returns
	// the first packets of a room's log whose offset is larger than after, in order.
	AppendPacket(ctx context.Context, namespace string, rooms []string, p LoggedPacket, expires time.Time) error
	Packets(ctx context.Context, namespace, room, after string, limit int) ([]LoggedPacket, error)
}

// LoggedPacket is a packet in a recovery log.
type LoggedPacket struct {
	// Offset sorts packets by the time at which they were emitted.
	Offset string
	// Except are rooms whose sockets the packet was not for.
	Except []string
	Frames [][]byte
}
