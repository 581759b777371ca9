package realtime

import "context"

// Observer hears what operators count and neither the Store nor the Gateway shows; the
// rest is counted by decorating those. It is called by many goroutines and returns at
// once.
type Observer interface {
	// Refused: a client was told an error of this code, of an event or of its CONNECT.
	// CodeInternal and CodeUnavailable are ours.
	Refused(ctx context.Context, code string)
}

// nobody is the Observer of a server that has none.
type nobody struct{}

func (nobody) Refused(context.Context, string) {}
