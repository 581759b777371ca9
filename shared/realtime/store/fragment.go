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
	// Fragments returns all frames of the connection, in order, without bodies above SmallBody.
	// So what it costs does not depend on their sizes.
	Fragments(ctx context.Context, connectionID string) ([]Fragment, error)
	// TakeFragments deletes frames that Fragments has returned, and returns them with their
	// bodies, in the given order. Of several callers with the same first frame one gets them,
	// the others ErrClaimed.
	TakeFragments(ctx context.Context, connectionID string, f []Fragment) ([]Fragment, error)
}

// Fragment is one frame of a binary packet: its header, or an attachment.
type Fragment struct {
	// At is when the gateway received the frame, and Ordinal how many messages of the
	// connection were handled before it. Together they order fragments.
	At      time.Time
	Ordinal int64
	// Attachments is how many attachments follow a header; zero for an attachment.
	Attachments int
	// Body is the header's text, or the attachment; nil if it has been left out.
	Body []byte
}

// SmallBody is the size of a body, in bytes, up to which Fragments returns it.
const SmallBody = 128

// IsHeader reports whether the frame is the header of a packet.
func (f Fragment) IsHeader() bool { return f.Attachments > 0 }

// FragmentLifetime is how long a binary packet may take from its first frame to its last.
const FragmentLifetime = 2 * time.Minute
