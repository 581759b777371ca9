package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
)

// Sweep visits one of the nine slots of connections: the one whose turn it is at
// the scheduled time at. Called every SweepEvery, it thus sees each connection
// once in nine runs. It keeps the quiet ones past the idle timeout with a
// heartbeat, and ends those that are gone, silent since the last ping, past their
// lifetime, or without a socket; it also finishes endings that were cut short.
func (s *Server) Sweep(ctx context.Context, at time.Time) error {
	tick := at.UnixMilli() / s.options.SweepEvery.Milliseconds()
	slot := int(tick % Slots)
	v := visit{server: s, at: at, ping: s.options.pings(tick / Slots)}
	var err error
	if v.pinged, err = s.options.Store.Pinged(ctx, slot); err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	err = s.options.Store.Slot(ctx, slot, func(page []Connection) error {
		return each(ctx, s.options.Parallel, page, v.connection)
	})
	if err != nil {
		return fmt.Errorf("sweep slot %d: %w", slot, err)
	}
	if v.ping {
		if err := s.options.Store.SetPinged(ctx, slot, at); err != nil {
			return fmt.Errorf("sweep slot %d: %w", slot, err)
		}
	}
	return nil
}

// visit is one run of the sweep.
type visit struct {
	server *Server
	at     time.Time
	// ping: this round sends pings.
	ping bool
	// pinged is when the slot's connections were last pinged throughout. Silence is
	// judged against it, and not against the plan, because a run may have failed.
	pinged time.Time
}

// connection does what one connection needs. Failures are logged: the next visit
// comes.
func (v visit) connection(ctx context.Context, c Connection) error {
	s := v.server
	age := v.at.Sub(c.ConnectedAt)
	var err error
	switch {
	case !c.EndedAt.IsZero():
		if v.at.Sub(c.EndedAt) > ClaimLease {
			err = s.shut(ctx, c.ID, TransportClose)
		}
	case age > s.options.Lifetime:
		err = s.shut(ctx, c.ID, TransportClose)
	case len(c.Sockets) == 0 && age > s.options.ConnectTimeout:
		err = s.shut(ctx, c.ID, ForcedClose)
	case c.ConnectedAt.Before(v.pinged) && c.SeenAt.Before(v.pinged):
		err = s.shut(ctx, c.ID, PingTimeout)
	default:
		frame := engineio.NoopFrame
		if v.ping {
			frame = engineio.PingFrame
		}
		if err = s.post(ctx, c.ID, [][]byte{[]byte(frame)}, false); errors.Is(err, ErrGone) {
			err = nil
		}
	}
	for name, socket := range c.Sockets {
		if ns := s.namespace(name); ns != nil && !socket.EndedAt.IsZero() && v.at.Sub(socket.EndedAt) > ClaimLease {
			err = errors.Join(err, s.endSocket(ctx, c.ID, ns, ClientNamespaceDisconnect))
		}
	}
	if err != nil {
		s.logError(ctx, "sweep", c.ID, err)
	}
	return ctx.Err()
}
