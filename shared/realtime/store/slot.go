package store

import (
	"context"
	"time"
)

// SlotStore finds connections for the sweep. Every connection is in one of Slots slots.
type SlotStore interface {
	// Slot calls visit with the connections of one slot, a page at a time. It fills only
	// what the sweep needs: of a Connection its ID, ConnectedAt, SeenAt, EndedAt, Reason
	// and Sockets, and of these ID, Expires, EndedAt and Reason. What it reads may be
	// slightly stale.
	Slot(ctx context.Context, slot int, visit func([]Connection) error) error
	// Pinged returns when a ping to all connections of the slot was last completed (zero:
	// never), and SetPinged records it.
	Pinged(ctx context.Context, slot int) (time.Time, error)
	SetPinged(ctx context.Context, slot int, at time.Time) error
}

// Slots is the number of slots. A sweep every minute visits each connection every nine
// minutes, which is within API Gateway's idle timeout of ten.
const Slots = 9
