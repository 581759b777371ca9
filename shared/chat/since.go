package chat

import (
	"context"
	"regexp"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// momentForm is a moment as RFC 3339 writes it.
var momentForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`)

const (
	// sinceSamples is how many positions one step towards a moment looks at. So a room of 65,000
	// messages takes four steps, and one of a million five.
	sinceSamples = 15
	// maxSinceSteps bounds them. Only a log with long runs of tombstones takes so many, and the
	// page begins a little earlier then.
	maxSinceSteps = 12
)

// parseMoment reads a moment that a client asks for.
func parseMoment(text string) (time.Time, error) {
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil || !momentForm.MatchString(text) {
		return moment, badRequest("Use a moment such as 2026-01-02T15:04:05.070Z for since.")
	}
	return moment, nil
}

// lastBefore returns a position behind which the messages of a log stand that were sent at a moment
// or later, the first of them next. Positions are in the order of times, but for messages that were
// sent within a few seconds: so some of the moment itself may stand before it.
func (m *messages) lastBefore(ctx context.Context, log string, head int64, since string) (int64, error) {
	moment, err := parseMoment(since)
	if err != nil {
		return 0, err
	}
	// What stands up to low was sent before, and what stands from high on was not.
	low, high := int64(0), head+1
	spread := true
	for step := 0; high-low > 1 && step < maxSinceSteps; step++ {
		if err := realtime.Spend(ctx, 1+sinceSamples/unitsPerDelivery); err != nil {
			return 0, err
		}
		at := between(low, high, spread)
		entries, err := m.store.EntriesAt(ctx, positionsOf(log, at))
		if err != nil {
			return 0, err
		}
		before, after := low, high
		for _, seq := range at {
			e, ok := entries[Position{log, seq}]
			if !ok || e.Void {
				continue
			}
			if !e.Message.SentAt.Before(moment) {
				after = seq
				break
			}
			before = seq
		}
		told := before > low || after < high
		if !told && (!spread || high-low-1 <= sinceSamples) {
			before = at[len(at)-1] // no message stands up to there
		}
		spread = told || !spread // what is spread has told nothing: look at the next ones
		low, high = before, after
	}
	return low, nil
}

// between returns positions between two others, in order: spread evenly, or the first ones.
func between(low, high int64, spread bool) []int64 {
	n := min(high-low-1, sinceSamples)
	at := make([]int64, n)
	for i := range n {
		at[i] = low + 1 + i
		if spread {
			at[i] = low + (high-low)*(i+1)/(n+1)
		}
	}
	return at
}

func positionsOf(log string, seqs []int64) []Position {
	at := make([]Position, len(seqs))
	for i, seq := range seqs {
		at[i] = Position{log, seq}
	}
	return at
}
