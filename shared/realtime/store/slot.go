package store

import (
	"context"
	"time"
)

// SlotStore finds connections for the sweep. Every connection is in one of Slots slots, and there
// in one of Parts parts.
type SlotStore interface {
	// Slot visits the connections of a part of a slot. It fills only what the sweep needs: of a
	// Connection its ID, ConnectedAt, SeenAt, EndedAt, Reason and Sockets, and of these ID,
	// Expires, EndedAt and Reason. What it reads may be slightly stale.
	Slot(ctx context.Context, slot, part int, visit Visit) error
	// Pinged returns when a ping to all connections of each part of a slot was last completed
	// (zero: never), and SetPinged records it for some parts.
	Pinged(ctx context.Context, slot int) ([Parts]time.Time, error)
	SetPinged(ctx context.Context, slot int, parts []int, at time.Time) error
}

// Visit is called with connections, a page at a time. more: there are further pages. Its error ends
// the visit.
type Visit func(page []Connection, more bool) error

const (
	// Slots is the number of slots. A sweep every minute visits each connection every nine
	// minutes, which is within API Gateway's idle timeout of ten.
	Slots = 9
	// Parts is the number of parts of a slot, and of what Unfinished returns.
	Parts = 4
)
