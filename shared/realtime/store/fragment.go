package store

import (
	"context"
	"time"
)

// FragmentStore collects the frames of binary packets, which arrive one an invocation.
type FragmentStore interface {
	// AddFragment stores a frame of a binary packet. For a header it returns the
	// connection's last Touch.Packet.
	AddFragment(ctx context.Context, connectionID string, f Fragment, expires time.Time) (lastPacket time.Time, err error)
	// Fragments returns all frames of the connection, in order.
	Fragments(ctx context.Context, connectionID string) ([]Fragment, error)
	// TakeFragments deletes frames. Of several callers with the same first frame it
	// returns true to one.
	TakeFragments(ctx context.Context, connectionID string, f []Fragment) (bool, error)
}

// Fragment is one frame of a binary packet: its header, or an attachment.
type Fragment struct {
	// At is when the gateway received the frame, and Ordinal how many messages of the
	// connection were handled before it. Together they order fragments.
	At      time.Time
	Ordinal int64
	// Header is the packet's text; empty for an attachment.
	Header     string
	Attachment []byte
}

// FragmentLifetime is how long a binary packet may take from its first frame to its last.
const FragmentLifetime = 2 * time.Minute
