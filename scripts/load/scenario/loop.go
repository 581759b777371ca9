package scenario

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/stats"
)

// measured is what a loop found.
type measured struct {
	took          stats.Sample
	seconds       float64
	before, after server.Usage
	known         bool
	// all counts what was done, also in the warm-up.
	all int64
}

// loop does something again and again, in several workers at once, and measures it: for as long as the
// load says, and until it was done once. It stops at the first error.
func loop(ctx context.Context, s *server.Server, l Load, workers int, do func(ctx context.Context, worker int) error) (*measured, error) {
	limit := rate.NewLimiter(rate.Inf, 0)
	if l.Rate > 0 {
		limit = rate.NewLimiter(rate.Limit(l.Rate), 1)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		m         measured
		measuring atomic.Bool
		stopping  atomic.Bool
		all       atomic.Int64
		running   sync.WaitGroup
	)
	for worker := range workers {
		running.Go(func() {
			for !stopping.Load() && limit.Wait(ctx) == nil {
				start := time.Now()
				if err := do(ctx, worker); err != nil {
					cancel(err)
					return
				}
				all.Add(1)
				if measuring.Load() {
					m.took.Add(time.Since(start))
				}
			}
		})
	}
	pause(ctx, l.Duration/5)
	m.before, _ = s.Usage()
	start := time.Now()
	measuring.Store(true)
	pause(ctx, l.Duration)
	for m.took.Count() == 0 && ctx.Err() == nil { // a figure of nothing would be none
		pause(ctx, time.Millisecond)
	}
	measuring.Store(false)
	m.seconds = time.Since(start).Seconds()
	m.after, m.known = s.Usage()
	stopping.Store(true)
	running.Wait()
	m.all = all.Load()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return &m, nil
}

// figures returns what was measured of something that has a name in the plural, and consists of some
// parts, as a broadcast of deliveries.
func (m *measured) figures(name string, parts int) []Figure {
	count := float64(m.took.Count() * parts)
	figures := []Figure{
		{name, "/s", count / m.seconds},
		{"p50", "ms", milliseconds(m.took.Quantile(0.5))},
		{"p99", "ms", milliseconds(m.took.Quantile(0.99))},
	}
	if m.known {
		figures = append(figures, processorTime(m.before, m.after, count)...)
	}
	return figures
}

// processorTime returns what something took that was done count times between two looks.
func processorTime(before, after server.Usage, count float64) []Figure {
	each := func(before, after time.Duration) float64 { return float64((after - before).Microseconds()) / count }
	return []Figure{
		{"processor time of the server for each", "µs", each(before.Server.Time, after.Server.Time)},
		{"processor time of the database for each", "µs", each(before.Database.Time, after.Database.Time)},
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
