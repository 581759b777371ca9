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
// answer, and runs the handlers of [Server.OnSweep].
func (s *Server) Sweep(ctx context.Context, scheduled time.Time) error {
	handlers := make(chan error, 1)
	go func() { handlers <- s.runSweepHandlers(ctx) }()
	return errors.Join(s.finish(ctx), s.sweep(ctx, scheduled), <-handlers)
}

func (e *engine) sweep(ctx context.Context, scheduled time.Time) error {
	tick := scheduled.UnixMilli() / e.options.SweepEvery.Milliseconds()
	err := e.visit(ctx, tick, e.options.beat(tick/store.Slots))
	// A slot that was pinged a whole round ago is the one that has just been visited.
	runsToAnswer := int64((e.options.PingTimeout + e.options.SweepEvery - 1) / e.options.SweepEvery)
	if pinged := tick - runsToAnswer; runsToAnswer < store.Slots && e.options.pings(pinged/store.Slots) {
		err = errors.Join(err, e.visit(ctx, pinged, ""))
	}
	return err
}

// finish finishes what was begun with connections by functions that died or failed: endings, and
// connections that got no socket.
func (e *engine) finish(ctx context.Context) error {
	v := visit{engine: e, now: e.options.Now()}
	unfinished, err := e.options.Store.Unfinished(ctx, v.now.Add(-store.ClaimLease))
	if err != nil {
		return fmt.Errorf("finish what was begun: %w", err)
	}
	return wait.ForEach(ctx, e.options.Parallel, unfinished, v.visitConnection)
}

// visit visits the slot of a tick. It sends the slot's connections the frame beat, unless
// that is empty.
func (e *engine) visit(ctx context.Context, tick int64, beat string) error {
	slot := int(tick % store.Slots)
	v := visit{engine: e, now: e.options.Now(), beat: beat}
	var err error
	if v.pinged, err = e.options.Store.Pinged(ctx, slot); err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	err = e.options.Store.Slot(ctx, slot, func(page []store.Connection) error {
		return wait.ForEach(ctx, e.options.Parallel, page, v.visitConnection)
	})
	if err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	// While an earlier ping may still be answered, a new one must not extend its time.
	waiting := e.options.PingTimeout > e.options.PingInterval && !v.answerIsOverdue()
	if beat == engineio.PingFrame && !waiting {
		if err := e.options.Store.SetPinged(ctx, slot, v.now); err != nil {
			return fmt.Errorf("sweep slot %d: %w", slot, err)
		}
	}
	return nil
}

// visit is one visit to the connections of a slot.
type visit struct {
	engine *engine
	now    time.Time
	// beat is the frame to send, or "".
	beat string
	// pinged is when the slot was last pinged completely. Silence is
	// judged against it and not against the schedule, because a run may have failed.
	pinged time.Time
}

// answerIsOverdue reports whether the time for an answer to the slot's ping is over.
func (v visit) answerIsOverdue() bool { return v.now.Sub(v.pinged) >= v.engine.options.PingTimeout }

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
