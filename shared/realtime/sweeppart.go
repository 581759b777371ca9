package realtime

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// SweepPart is a part of a sweep: what one function visits if the whole is too much for one. It names
// connections by where they are stored, so that a function that takes it late, or a second time,
// judges them as they are then.
type SweepPart struct {
	// Scheduled is the time of the sweep.
	Scheduled time.Time `json:"scheduled"`
	// Of is what the sweep visits: "slot", "answers" or "notes".
	Of string `json:"of"`
	// Part is which of store.Parts parts it is.
	Part int `json:"part"`
}

// What a sweep visits: a slot, the slot whose connections must have answered by now, and what is
// noted and unfinished.
const (
	sweepSlot    = "slot"
	sweepAnswers = "answers"
	sweepNotes   = "notes"
)

var allParts = func() (all []int) {
	for part := range store.Parts {
		all = append(all, part)
	}
	return all
}()

// SweepHandover takes over parts of a sweep: on AWS by asynchronous invocations of the sweep's
// function, which calls [Server.SweepPart]. A part may be visited more than once. If HandOverSweep
// returns an error, the sweep visits the part itself.
type SweepHandover interface {
	HandOverSweep(ctx context.Context, p SweepPart) error
}

// SweepPart visits a part of a sweep that was handed over.
func (s *Server) SweepPart(ctx context.Context, p SweepPart) error {
	return sweep{engine: s.engine, scheduled: p.Scheduled}.parts(ctx, p.Of, []int{p.Part})
}
