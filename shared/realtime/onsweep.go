package realtime

import (
	"context"
	"errors"
	"fmt"
)

// OnSweep adds a handler that runs with every sweep, which is once a minute: it may finish what
// the handlers of events began and could not finish. Its error makes the run fail, so AWS
// repeats the run.
func (s *Server) OnSweep(h func(context.Context) error) {
	s.sweepHandlers = append(s.sweepHandlers, h)
}

func (e *engine) runSweepHandlers(ctx context.Context) error {
	var errs []error
	for _, h := range e.sweepHandlers {
		if err := guard(func() error { return h(ctx) }); err != nil {
			errs = append(errs, fmt.Errorf("sweep handler: %w", err))
		}
	}
	return errors.Join(errs...)
}
