package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// Errors that a Gateway returns. Compare with errors.Is.
var (
	// ErrGone: the connection no longer exists (410). An error that wraps it wraps nothing
	// else, because clients leave at any moment, and that is no failure.
	ErrGone = errors.New("realtime: connection is gone")
	// ErrBusy: the call failed and may succeed later: a rate or buffer limit (429), a 5xx,
	// or a broken network connection.
	ErrBusy = errors.New("realtime: gateway is busy")
	// ErrUnanswered: the gateway accepted the call and did not answer in time. It is unknown
	// whether the frame was sent, and a repetition might send it twice.
	ErrUnanswered = errors.New("realtime: gateway did not answer")
	// ErrTooLarge: the frame exceeds what the gateway carries (413).
	ErrTooLarge = errors.New("realtime: frame is too large")
)

// Gateway posts to connections: API Gateway's @connections, implemented by shared/apigw. The
// Gateway itself bounds each call in time, because a post to a slow peer may hang. An error
// wraps one of the errors above if it applies.
type Gateway interface {
	// Post sends one text frame. Consecutive posts to one connection arrive in order.
	Post(ctx context.Context, connectionID string, frame []byte) error
	// Close ends a connection. Closing one that is gone is no error.
	Close(ctx context.Context, connectionID string) error
}

// Handover takes over the delivery of large fan-outs: on AWS by a queue, from which the fanout
// function calls [Server.Deliver]. It keeps the order of the deliveries of a lane. It may deliver more
// than once. If it returns an error, the emitting function delivers by itself.
type Handover interface {
	HandOver(ctx context.Context, d Delivery) error
}

// Delivery is a packet on its way to connections.
type Delivery struct {
	// Frames are the packet's text and, for a binary packet, its attachments.
	Frames    [][]byte       `json:"frames"`
	Namespace string         `json:"namespace"`
	Members   []store.Member `json:"members"`
	// Volatile: a busy receiver misses the packet.
	Volatile bool `json:"volatile,omitempty"`
	// Logged tells where the packet is in the recovery log; nil if it is not.
	Logged *Logged `json:"logged,omitempty"`

	// Packet names a packet that is handed over. Part numbers what is handed over of it, and is 0
	// for what the emitting function posts by itself. Parts is how many parts were handed over by who
	// posts this one.
	Packet string `json:"packet,omitempty"`
	Part   int    `json:"part,omitempty"`
	Parts  int    `json:"-"`
	// Lane is where the members are; see Pace.
	Lane int `json:"lane,omitempty"`
	// Begun is when a function first began on the delivery, or on that of which it is the rest. Zero:
	// none has. Tries is how often functions have begun on this one.
	Begun time.Time `json:"begun,omitzero"`
	Tries int       `json:"-"`
}

// Logged is a packet in the recovery log.
type Logged struct {
	Offset string   `json:"offset"`
	Rooms  []string `json:"rooms"`
}
