package realtime

import "context"

// Observer is told what operators count and what cannot be counted by decorating the Store
// or the Gateway. Its methods are called by many goroutines and must return at once.
type Observer interface {
	// Refused: a client was told an error of this code, of an event or of its CONNECT. With
	// CodeInternal and CodeUnavailable the fault is ours.
	Refused(ctx context.Context, code string)
	// GivenUp: so many connections miss a packet, because the gateway refused it too often or did not
	// answer. Packets that are volatile do not count.
	GivenUp(ctx context.Context, connections int)
}

// noObserver is the default Observer.
type noObserver struct{}

// Refused implements Observer.
func (noObserver) Refused(context.Context, string) {}

// GivenUp implements Observer.
func (noObserver) GivenUp(context.Context, int) {}
