package realtime

import (
	"context"
	"errors"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Errors by which a Gateway says what a failed call means.
var (
	// ErrGone: the connection no longer exists (410).
	ErrGone = errors.New("realtime: connection is gone")
	// ErrBusy: the call failed and may succeed later: a rate or buffer limit (429), a 5xx,
	// or a broken network connection.
	ErrBusy = errors.New("realtime: gateway is busy")
	// ErrUnanswered: the gateway took the call and did not answer in time. Whether the frame
	// was sent is not known, and sending it again might double it.
	ErrUnanswered = errors.New("realtime: gateway did not answer")
	// ErrTooLarge: the frame exceeds what the gateway carries (413).
	ErrTooLarge = errors.New("realtime: frame is too large")
)

// Gateway reaches connections: API Gateway's @connections, implemented by
// shared/apigw. A call is bounded in time by the Gateway itself, because a post to
// a slow peer may hang. Errors wrap one of the above where they apply.
type Gateway interface {
	// Post sends one text frame. Posts to one connection that follow each other
	// arrive in that order.
	Post(ctx context.Context, connectionID string, frame []byte) error
	// Close ends a connection. Closing one that is gone is no error.
	Close(ctx context.Context, connectionID string) error
}

// Handover takes over the delivery of large fan-outs: on AWS, the asynchronous
// invocation of the fanout function, which answers with [Server.Deliver]. It may
// deliver more than once. On an error the emitting function delivers by itself.
type Handover interface {
	HandOver(ctx context.Context, d Delivery) error
}

// Delivery is a packet on its way to connections.
type Delivery struct {
	// Frames are the packet as it goes over the wire: its text, and for a binary
	// packet its attachments.
	Frames    [][]byte       `json:"frames"`
	Namespace string         `json:"namespace"`
	Members   []store.Member `json:"members"`
	// Volatile: a receiver that is busy misses it.
	Volatile bool `json:"volatile,omitempty"`
}
