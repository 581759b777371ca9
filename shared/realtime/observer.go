package realtime

import "context"

// Observer is told what operators count and what cannot be counted by decorating the Store
// or the Gateway. Its methods are called by many goroutines and must return at once.
type Observer interface {
	// Refused: a client was told an error of this code, of an event or of its CONNECT. With
	// CodeInternal and CodeUnavailable the fault is ours.
	Refused(ctx context.Context, code string)
}

// noObserver is the default Observer.
type noObserver struct{}

// Refused implements Observer.
func (noObserver) Refused(context.Context, string) {}
