package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Sweep visits one of the nine slots of connections: the one whose turn it is at
// the scheduled time at. Called every SweepEvery, it thus sees each connection
// once in a round of nine runs. It keeps the quiet ones past the idle timeout with a
// heartbeat, and ends those that are gone, silent since the last ping, past their
// lifetime, or without a socket; it ends sockets that have expired, and finishes
// endings that were cut short. The slot that was pinged PingTimeout ago is
// visited a second time, for those that did not answer.
func (s *Server) Sweep(ctx context.Context, at time.Time) error {
	tick := at.UnixMilli() / s.options.SweepEvery.Milliseconds()
	err := s.visit(ctx, tick, s.options.beat(tick/store.Slots))
	timeout := int64((s.options.PingTimeout + s.options.SweepEvery - 1) / s.options.SweepEvery)
	if before := tick - timeout; timeout < store.Slots && s.options.pings(before/store.Slots) {
		err = errors.Join(err, s.visit(ctx, before, ""))
	}
	return err
}

// visit sees to the slot whose turn it is at a tick, and sends its connections a
// frame, if there is one.
func (s *Server) visit(ctx context.Context, tick int64, beat string) error {
	slot := int(tick % store.Slots)
	v := visit{server: s, now: s.options.Now(), beat: beat}
	var err error
	if v.pinged, err = s.options.Store.Pinged(ctx, slot); err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	err = s.options.Store.Slot(ctx, slot, func(page []store.Connection) error {
		return each(ctx, s.options.Parallel, page, v.connection)
	})
	if err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	// A ping that comes while the answer to another is waited for must not put its end off.
	waiting := s.options.PingTimeout > s.options.PingInterval && !v.judged()
	if beat == engineio.PingFrame && !waiting {
		if err := s.options.Store.SetPinged(ctx, slot, v.now); err != nil {
			return fmt.Errorf("sweep slot %d: %w", slot, err)
		}
	}
	return nil
}

// visit is one visit to the connections of a slot.
type visit struct {
	server *Server
	now    time.Time
	// beat is the frame to send, or "".
	beat string
	// pinged is when the slot's connections were last pinged throughout. Silence is
	// judged against it, and not against the plan, because a run may have failed.
	pinged time.Time
}

// judged reports whether the time for an answer to the slot's ping is over.
func (v visit) judged() bool { return v.now.Sub(v.pinged) >= v.server.options.PingTimeout }

// connection does what one connection needs. Failures are logged: the next visit
// comes.
func (v visit) connection(ctx context.Context, c store.Connection) error {
	s := v.server
	age := v.now.Sub(c.ConnectedAt)
	var err error
	switch {
	case !c.EndedAt.IsZero():
		if v.now.Sub(c.EndedAt) > store.ClaimLease {
			err = s.shut(ctx, c.ID, c.Reason)
		}
	case age > s.options.Lifetime:
		err = s.shut(ctx, c.ID, TransportClose)
	case len(c.Sockets) == 0 && age > s.options.ConnectTimeout:
		err = s.shut(ctx, c.ID, ForcedClose)
	case v.silent(c):
		err = s.shut(ctx, c.ID, PingTimeout)
	case age < s.options.opening() && (len(c.Sockets) == 0 || age < s.options.SweepEvery):
		// Perhaps it is not open yet, and a 410 would be taken for its end; or OPEN has not
		// left, which has to be the first frame. With a socket it is, but not quiet yet. The
		// next round comes in time.
	case v.beat != "":
		if err = s.post(ctx, c.ID, [][]byte{[]byte(v.beat)}, false); errors.Is(err, ErrGone) {
			err = nil
		}
	}
	for name, socket := range c.Sockets {
		ref := store.SocketRef{ConnectionID: c.ID, Namespace: name, SocketID: socket.ID}
		switch {
		case s.namespace(name) == nil:
		case !socket.EndedAt.IsZero():
			if v.now.Sub(socket.EndedAt) > store.ClaimLease {
				err = errors.Join(err, s.endSocket(ctx, ref, socket.Reason, nil))
			}
		case socket.Expired(v.now):
			err = errors.Join(err, s.disconnectSocket(ctx, ref))
		}
	}
	if err != nil {
		s.logError(ctx, "sweep", c.ID, err)
	}
	return ctx.Err()
}

// silent reports whether a connection has let the ping timeout pass without a word. One
// that was being opened at the time of the ping may have been left out.
func (v visit) silent(c store.Connection) bool {
	opened := c.ConnectedAt.Add(v.server.options.opening())
	return !opened.After(v.pinged) && c.SeenAt.Before(v.pinged) && v.judged()
}
