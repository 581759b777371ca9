package realtime

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How often and how patiently a busy gateway is asked again.
const (
	postAttempts = 5
	postBackoff  = 40 * time.Millisecond
)

// Deliver posts a packet to connections. It is what the fanout function does with
// a [Delivery] that was handed over. Connections that are gone are ended; one that
// stays busy is logged and misses the packet, as the others must not wait for it.
func (s *Server) Deliver(ctx context.Context, d Delivery) error {
	s.postAll(ctx, d.Namespace, d.Members, d.Frames, d.Volatile)
	return ctx.Err()
}

// fanOut delivers a packet to members, by itself or through the Handover.
func (s *Server) fanOut(ctx context.Context, namespace string, members []Member, frames [][]byte, volatile bool) error {
	if s.options.Handover == nil || len(members) <= s.options.InlineFanout {
		s.postAll(ctx, namespace, members, frames, volatile)
		return ctx.Err()
	}
	chunks := slices.Collect(slices.Chunk(members, s.options.InlineFanout))
	return each(ctx, s.options.Parallel, chunks, func(ctx context.Context, chunk []Member) error {
		d := Delivery{Frames: frames, Namespace: namespace, Members: chunk, Volatile: volatile}
		if err := s.options.Handover.HandOver(ctx, d); err != nil {
			s.log.WarnContext(ctx, "fan-out not handed over", "connections", len(chunk), "error", err)
			s.postAll(ctx, namespace, chunk, frames, volatile)
		}
		return ctx.Err()
	})
}

// postAll posts frames to many connections, several at a time. Its failures are
// those of single peers, which are dealt with here.
func (s *Server) postAll(ctx context.Context, namespace string, members []Member, frames [][]byte, volatile bool) {
	var missed atomic.Int64
	_ = each(ctx, s.options.Parallel, members, func(ctx context.Context, m Member) error {
		err := s.post(ctx, m.ConnectionID, frames, volatile)
		switch {
		case errors.Is(err, ErrGone):
			s.forget(ctx, namespace, m)
		case err != nil && !volatile:
			missed.Add(1)
		}
		return nil
	})
	if n := missed.Load(); n > 0 {
		s.log.WarnContext(ctx, "packet not delivered to busy connections", "connections", n, "of", len(members))
	}
}

// forget removes a membership whose connection is gone. Its ending has removed it
// unless the member joined at the very moment of the ending.
func (s *Server) forget(ctx context.Context, namespace string, m Member) {
	state := SocketState{ID: m.SocketID}
	if m.Room != Everyone && m.Room != m.SocketID {
		state.Rooms = []string{m.Room}
	}
	s.logError(ctx, "forget member", m.ConnectionID,
		s.options.Store.Vacate(ctx, m.ConnectionID, map[string]SocketState{namespace: state}))
}

// post sends a packet's frames to one connection, in order. A connection that is
// gone is ended, and one that may have heard half of a packet is closed, because the next
// frame would be a parse error to it. The error wraps one of the Gateway's.
func (s *Server) post(ctx context.Context, id string, frames [][]byte, volatile bool) error {
	if slices.ContainsFunc(frames, func(f []byte) bool { return len(f) > maxReply }) {
		return ErrTooLarge // before a header has left whose attachment would not
	}
	header := 0
	if t := turnOf(ctx, id); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.reply != nil {
			frames = append([][]byte{t.reply}, frames...)
			t.reply = nil
			header = 1
		}
	}
	for i, frame := range frames {
		err := s.postFrame(ctx, id, frame, volatile)
		attachments := len(frames) > header+1
		switch {
		case err == nil:
			continue
		case errors.Is(err, ErrGone):
			s.endGone(ctx, id)
		case attachments && (i > header || i == header && errors.Is(err, ErrUnanswered)):
			s.logError(ctx, "close", id, s.options.Gateway.Close(context.WithoutCancel(ctx), id))
		}
		return err
	}
	return nil
}

// postFrame sends one frame, patiently unless it is volatile. A frame that may have been
// sent is not sent again.
func (s *Server) postFrame(ctx context.Context, id string, frame []byte, volatile bool) error {
	wait := postBackoff
	for attempt := 1; ; attempt++ {
		err := s.options.Gateway.Post(ctx, id, frame)
		if errors.Is(err, ErrUnanswered) {
			s.options.Observer.GaveUp(ctx)
		}
		if err == nil || !errors.Is(err, ErrBusy) || volatile {
			return err
		}
		if attempt == postAttempts || sleep(ctx, wait/2+rand.N(wait)) != nil {
			s.options.Observer.GaveUp(ctx)
			return err
		}
		wait *= 2
	}
}

// each calls f for every item, at most parallel at once, and joins the errors.
func each[T any](ctx context.Context, parallel int, items []T, f func(context.Context, T) error) error {
	if len(items) == 1 {
		return f(ctx, items[0])
	}
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		mu   sync.Mutex
		errs []error
	)
	for range min(parallel, len(items)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				if err := f(ctx, items[i]); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
