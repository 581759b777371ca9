package store

import (
	"context"
	"encoding/json"
	"time"
)

// AckStore passes a client's acknowledgement to the function that waits for it.
type AckStore interface {
	// PutAnswer stores a client's answer to an ack id: the first one of each connection.
	// Answers returns those that have arrived.
	PutAnswer(ctx context.Context, namespace string, ackID uint64, a Answer, expires time.Time) error
	Answers(ctx context.Context, namespace string, ackID uint64) ([]Answer, error)
}

// Answer is a client's acknowledgement of a packet that the server emitted.
type Answer struct {
	ConnectionID string
	// Args are the arguments of the client's callback, as socketio.Args.Save writes them.
	Args json.RawMessage
}
