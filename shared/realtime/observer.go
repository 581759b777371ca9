package realtime

import "context"

// Observer hears what operators count and neither the Store nor the Gateway shows; the
// rest is counted by decorating those. Its methods are called by many goroutines and
// return at once.
type Observer interface {
	// Refused: a client was told an error of this code, of an event or of its CONNECT.
	// CodeInternal and CodeUnavailable are ours.
	Refused(ctx context.Context, code string)
	// GaveUp: a frame may not have been sent: its connection stayed busy, or the gateway
	// silent.
	GaveUp(ctx context.Context)
}

// nobody is the Observer of a server that has none.
type nobody struct{}

func (nobody) Refused(context.Context, string) {}
func (nobody) GaveUp(context.Context)          {}
