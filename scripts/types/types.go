// Package types makes the types of an application from its code: a TypeScript module for its clients, and an
// AsyncAPI document. Enter at [Generate].
//
// It reads the code and does not run it. A handler is found where it is registered, by its type; an event that is
// sent, where it is emitted. What cannot be known from the code is in the notes, and becomes "unknown" rather
// than something wrong. docs/types.md says what is found.
package types

import (
	"context"
	"slices"
)

// Types are what is made of an application.
type Types struct {
	// TypeScript is a module, which imports nothing.
	TypeScript []byte
	// AsyncAPI is a document of AsyncAPI 3, as JSON.
	AsyncAPI []byte
	// Notes say what could not be known, and where: "board.go:12: …". They are sorted.
	Notes []string
}

// Generate returns the types of the application whose Go packages are in a folder and below it. The error says
// what does not compile, line by line.
func Generate(ctx context.Context, dir string) (*Types, error) {
	p, err := load(ctx, dir)
	if err != nil {
		return nil, err
	}
	a := p.application()
	asyncAPI, err := a.asyncAPI()
	if err != nil {
		return nil, err
	}
	slices.Sort(p.notes)
	return &Types{TypeScript: a.typeScript(), AsyncAPI: asyncAPI, Notes: slices.Compact(p.notes)}, nil
}
