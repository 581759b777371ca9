package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// Sweep visits one of the nine slots of connections, which the scheduled time of the run
// names. Called every SweepEvery, it visits each connection once in a round of nine runs:
//   - It sends quiet connections a heartbeat, which keeps them past API Gateway's idle timeout.
//   - It ends connections that are gone, silent since the last ping, past their lifetime, or
//     without a socket, and sockets that have expired.
//   - It finishes endings that were cut short, and ends connections that have no socket a minute
//     after they opened, whatever their slot.
//
// It also visits the slot that was pinged PingTimeout ago, to end the connections that did not
// answer, and runs the handlers of [Server.OnSweep]. What is more than one function can visit, it
// hands over in parts.
func (s *Server) Sweep(ctx context.Context, scheduled time.Time) error {
	handlers := make(chan error, 1)
	go func() { handlers <- s.runSweepHandlers(ctx) }()
	sweep := sweep{s.engine, scheduled, s.options.SweepHandover}
	var errs []error
	for _, of := range sweep.visits() {
		errs = append(errs, sweep.parts(ctx, of, allParts))
	}
	return errors.Join(append(errs, <-handlers)...)
}

// sweep is a sweep, or a part of one.
type sweep struct {
	*engine
	scheduled time.Time
	to        SweepHandover // nil: it hands nothing over
}

// visits returns what the sweep visits.
func (s sweep) visits() []string {
	all := []string{sweepNotes, sweepSlot}
	// A slot that was pinged a whole round ago is the one that is visited anyway.
	runs := s.options.runsToAnswer()
	if runs < store.Slots && s.options.pings((s.options.tick(s.scheduled)-runs)/store.Slots) {
		all = append(all, sweepAnswers)
	}
	return all
}

// parts visits parts of what the sweep visits.
func (s sweep) parts(ctx context.Context, of string, parts []int) error {
	tick := s.options.tick(s.scheduled)
	switch of {
	case sweepNotes:
		return s.finish(ctx, parts)
	case sweepSlot:
		return s.visitSlot(ctx, of, tick, s.options.beat(tick/store.Slots), parts)
	case sweepAnswers:
		return s.visitSlot(ctx, of, tick-s.options.runsToAnswer(), "", parts)
	}
	return fmt.Errorf("sweep of %q", of)
}

// finish finishes what was begun with connections by functions that died or failed: endings, and
// connections that got no socket.
func (s sweep) finish(ctx context.Context, parts []int) error {
	v := visit{engine: s.engine, now: s.options.Now()}
	var errs []error
	for _, part := range parts {
		_, err := v.pages(ctx, SweepPart{s.scheduled, sweepNotes, part}, s.to, func(visit store.Visit) error {
			return s.options.Store.Unfinished(ctx, part, v.now.Add(-store.ClaimLease), visit)
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("finish what was begun: %w", err))
		}
	}
	return errors.Join(errs...)
}

// visitSlot visits parts of the slot of a tick. It sends their connections the frame beat, unless
// that is empty.
func (s sweep) visitSlot(ctx context.Context, of string, tick int64, beat string, parts []int) error {
	slot := int(tick % store.Slots)
	pinged, err := s.options.Store.Pinged(ctx, slot)
	if err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	now := s.options.Now()
	var errs []error
	var completed []int // pings
	for _, part := range parts {
		v := visit{engine: s.engine, now: now, beat: beat, pinged: pinged[part]}
		handedOver, err := v.pages(ctx, SweepPart{s.scheduled, of, part}, s.to, func(visit store.Visit) error {
			return s.options.Store.Slot(ctx, slot, part, visit)
		})
		errs = append(errs, err)
		// While an earlier ping may still be answered, a new one must not extend its time.
		waiting := s.options.PingTimeout > s.options.PingInterval && !v.answerIsOverdue()
		if beat == engineio.PingFrame && err == nil && !handedOver && !waiting {
			completed = append(completed, part)
		}
	}
	if len(completed) > 0 {
		errs = append(errs, s.options.Store.SetPinged(ctx, slot, completed, now))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	return nil
}

// visit is one visit to the connections of a part of a sweep.
type visit struct {
	engine *engine
	now    time.Time
	// beat is the frame to send, or "".
	beat string
	// pinged is when the part was last pinged completely. Silence is
	// judged against it and not against the schedule, because a run may have failed.
	pinged time.Time
}

// answerIsOverdue reports whether the time for an answer to the part's ping is over.
func (v visit) answerIsOverdue() bool { return v.now.Sub(v.pinged) >= v.engine.options.PingTimeout }

// pages visits the connections that load loads. If they are more than a page, it hands them over,
// and reports that.
func (v visit) pages(ctx context.Context, p SweepPart, to SweepHandover, load func(store.Visit) error) (handedOver bool, err error) {
	err = load(func(page []store.Connection, more bool) error {
		if more && to != nil {
			err := to.HandOverSweep(ctx, p)
			if err == nil {
				return errHandedOver
			}
			v.engine.log.WarnContext(ctx, "part of a sweep not handed over", "of", p.Of, "part", p.Part, "error", err)
			to = nil
		}
		return wait.ForEach(ctx, v.engine.options.Parallel, page, v.visitConnection)
	})
	if errors.Is(err, errHandedOver) {
		return true, nil
	}
	return false, err
}

var errHandedOver = errors.New("handed over")

// visitConnection ends one connection or sends it the heartbeat, and ends those of its sockets
// that must end. It only logs failures, because the next visit tries again.
func (v visit) visitConnection(ctx context.Context, c store.Connection) error {
	err := errors.Join(v.endOrBeat(ctx, c), v.endSockets(ctx, c))
	v.engine.log.failure(ctx, "sweep", c.ID, err)
	return ctx.Err()
}

func (v visit) endOrBeat(ctx context.Context, c store.Connection) error {
	e := v.engine
	age := v.now.Sub(c.ConnectedAt)
	switch {
	case !c.EndedAt.IsZero():
		if v.now.Sub(c.EndedAt) > store.ClaimLease {
			return e.ender.endAndClose(afterCutShort(ctx), c.ID, c.Reason)
		}
	case age > e.options.Lifetime:
		return e.ender.endAndClose(ctx, c.ID, TransportClose)
	case len(c.Sockets) == 0 && age > e.options.ConnectTimeout:
		return e.ender.endAndClose(ctx, c.ID, ForcedClose)
	case v.isSilent(c):
		return e.ender.endAndClose(ctx, c.ID, PingTimeout)
	case age < e.options.opening() && (len(c.Sockets) == 0 || age < e.options.SweepEvery):
		// While it opens, a 410 would be mistaken for its end, and a heartbeat could leave
		// before OPEN. With a socket it is open, but was active just now. The next round is
		// early enough.
	case v.beat != "":
		if err := e.poster.post(ctx, c.ID, [][]byte{[]byte(v.beat)}, patient); !errors.Is(err, ErrGone) {
			return err
		}
	}
	return nil
}

// endSockets ends sockets that have expired, and finishes endings that were cut short.
func (v visit) endSockets(ctx context.Context, c store.Connection) error {
	e := v.engine
	var errs []error
	for name, socket := range c.Sockets {
		ref := store.SocketRef{ConnectionID: c.ID, Namespace: name, SocketID: socket.ID}
		switch {
		case e.namespaces.find(name) == nil:
		case !socket.EndedAt.IsZero():
			if v.now.Sub(socket.EndedAt) > store.ClaimLease {
				errs = append(errs, e.ender.endSocket(afterCutShort(ctx), ref, socket.Reason))
			}
		case socket.Expired(v.now):
			_, err := e.ender.disconnect(ctx, ref, false)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

type cutShortKey struct{}

// afterCutShort returns a context in which to end what an earlier ending, cut short, has left.
func afterCutShort(ctx context.Context) context.Context {
	return context.WithValue(ctx, cutShortKey{}, true)
}

func isAfterCutShort(ctx context.Context) bool { return ctx.Value(cutShortKey{}) != nil }

// isSilent reports whether a connection has sent nothing since it was pinged, and its answer is
// overdue. A connection that was opening at the time of the ping may not have received it.
func (v visit) isSilent(c store.Connection) bool {
	opened := c.ConnectedAt.Add(v.engine.options.opening())
	return !opened.After(v.pinged) && c.SeenAt.Before(v.pinged) && v.answerIsOverdue()
}
