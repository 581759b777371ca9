package chat

import (
	"cmp"
	"context"
	"slices"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// lookThrough looks through the messages of a room or the replies in its threads, the newest first.
type lookThrough struct {
	*searches
	roomID string
	terms  []string
	// search returns what matches from one place to another.
	search func(ctx context.Context, roomID string, first, last int64, terms []string) ([]Hit, float64, error)
	// before is the place before which it goes on.
	before int64
	// It ends when it has found count messages, or taken units.
	count        int
	units, taken float64
	found        []Message
}

// begin lets it begin before a place, at the end without one, or nowhere.
func (l *lookThrough) begin(before *int64, atEnd bool) {
	switch {
	case before != nil:
		l.before = min(l.before, *before)
	case !atEnd:
		l.before = 0
	}
}

// next is where to go on; 0 if all was looked through.
func (l *lookThrough) next() int64 {
	if l.before > 1 {
		return l.before
	}
	return 0
}

func (l *lookThrough) run(ctx context.Context) error {
	var hits []Hit
	for spans := 1; l.before > 1 && len(hits) < l.count && l.taken < l.units; spans = min(2*spans, spansAtOnce) {
		matching, err := l.lookFurther(ctx, spans)
		if err != nil {
			return err
		}
		hits = append(hits, matching...)
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Place, a.Place) })
	if len(hits) > l.count {
		hits = hits[:l.count]
		l.before = hits[l.count-1].Place
	}
	positions := make([]Position, len(hits))
	for i, hit := range hits {
		positions[i] = hit.Position
	}
	entries, err := l.store.EntriesAt(ctx, positions)
	if err != nil {
		return err
	}
	return l.take(hits, entries)
}

// take shows what was found, as much of it as fits.
func (l *lookThrough) take(hits []Hit, entries map[Position]Entry) error {
	left, last := space(maxHistoryBytes/2), int64(0)
	for _, hit := range hits {
		m := entries[hit.Position].Message
		if !matches(m.Text, l.terms) {
			continue // what was searched was slightly stale
		}
		fits, err := left.takes(m)
		if err != nil {
			return err
		}
		if !fits && len(l.found) > 0 {
			l.before = last
			return nil
		}
		l.found, last = append(l.found, m), hit.Place
	}
	return nil
}

// lookFurther looks through the next spans, which end where a partition does.
func (l *lookThrough) lookFurther(ctx context.Context, spans int) (matching []Hit, err error) {
	type span struct {
		first, last int64
		hits        []Hit
		units       float64
	}
	var all []*span
	for range spans {
		if l.before <= 1 {
			break
		}
		last := l.before - 1
		l.before = max(last-last%searchSpan, 1)
		all = append(all, &span{first: l.before, last: last})
	}
	err = wait.ForEach(ctx, len(all), all, func(ctx context.Context, s *span) (err error) {
		s.hits, s.units, err = l.search(ctx, l.roomID, s.first, s.last, l.terms)
		return err
	})
	if err != nil {
		return nil, err
	}
	units := 0.0
	for _, s := range all {
		matching = append(matching, s.hits...)
		units += s.units
	}
	l.taken += units
	return matching, realtime.Spend(ctx, 1+int(units)/unitsPerDelivery)
}
