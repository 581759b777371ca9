package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
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

// framesOf returns a packet's frames if the gateway carries them.
func framesOf(p socketio.Packet) ([][]byte, error) {
	frames := p.Frames()
	return frames, checkSize(frames)
}

// maxFrame is what a frame to a client may hold (API Gateway: 128 KB a message).
const maxFrame = 128 << 10

func checkSize(frames [][]byte) error {
	if slices.ContainsFunc(frames, func(f []byte) bool { return len(f) > maxFrame }) {
		return ErrTooLarge
	}
	return nil
}

func size(frames [][]byte) (sum int) {
	for _, f := range frames {
		sum += len(f)
	}
	return sum
}

// fanOut delivers a packet to members, by itself or through the Handover. It returns
// those whom it found to be gone.
func (s *Server) fanOut(ctx context.Context, namespace string, members []store.Member, frames [][]byte, volatile bool) ([]store.Member, error) {
	left := members
	if s.options.Handover != nil && len(members) > s.options.InlineFanout {
		left = s.handOver(ctx, Delivery{Frames: frames, Namespace: namespace, Members: members, Volatile: volatile})
	}
	return s.postAll(ctx, namespace, left, frames, volatile), ctx.Err()
}

// handOver gives a delivery away in chunks and returns the members of those that nobody
// took.
func (s *Server) handOver(ctx context.Context, d Delivery) (left []store.Member) {
	var mu sync.Mutex
	chunks := slices.Collect(slices.Chunk(d.Members, s.options.InlineFanout))
	_ = each(ctx, s.options.Parallel, chunks, func(ctx context.Context, chunk []store.Member) error {
		part := d
		part.Members = chunk
		if err := s.options.Handover.HandOver(ctx, part); err != nil {
			s.log.WarnContext(ctx, "fan-out not handed over", "namespace", d.Namespace, "rooms", roomsOf(chunk),
				"connections", len(chunk), "error", err)
			mu.Lock()
			defer mu.Unlock()
			left = append(left, chunk...)
		}
		return nil
	})
	return left
}

// roomsOf returns the rooms in which members were found, for a log.
func roomsOf(members []store.Member) []string {
	var rooms []string
	for _, m := range members {
		if !slices.Contains(rooms, m.Room) {
			rooms = append(rooms, m.Room)
		}
	}
	return rooms
}

// postAll posts frames to many connections, several at a time, and returns those that are
// gone. Its failures are those of single peers, which are dealt with here.
func (s *Server) postAll(ctx context.Context, namespace string, members []store.Member, frames [][]byte, volatile bool) (gone []store.Member) {
	var (
		mu     sync.Mutex
		missed []store.Member
		cause  error
	)
	_ = each(ctx, s.options.Parallel, members, func(ctx context.Context, m store.Member) error {
		err := s.post(ctx, m.ConnectionID, frames, volatile)
		if errors.Is(err, errUnrecorded) {
			s.forget(ctx, namespace, m)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, ErrGone):
			gone = append(gone, m)
		case err != nil && !volatile:
			missed, cause = append(missed, m), err
		}
		return nil
	})
	if len(missed) > 0 {
		level := slog.LevelError
		if errors.Is(cause, ErrBusy) || errors.Is(cause, ErrUnanswered) { // which happens
			level = slog.LevelWarn
		}
		s.log.Log(ctx, level, "packet not delivered", "namespace", namespace, "rooms", roomsOf(missed),
			"connections", len(missed), "of", len(members), "error", cause)
	}
	return gone
}

// errUnrecorded: a connection is gone, and so is its record.
var errUnrecorded = fmt.Errorf("%w, and not recorded", ErrGone)

// forget takes a member out of Everyone, its own room, and the one in which it was found.
func (s *Server) forget(ctx context.Context, namespace string, m store.Member) {
	state := store.SocketState{ID: m.SocketID}
	if m.Room != store.Everyone && m.Room != m.SocketID {
		state.Rooms = []string{m.Room}
	}
	s.logError(ctx, "forget member", m.ConnectionID,
		s.options.Store.Vacate(ctx, m.ConnectionID, map[string]store.SocketState{namespace: state}))
}

// post sends a packet's frames to one connection, in order. A connection that is
// gone is ended, and one that may have heard half of a packet is closed, because the next
// frame would be a parse error to it. The error wraps one of the Gateway's.
func (s *Server) post(ctx context.Context, id string, frames [][]byte, volatile bool) error {
	if err := checkSize(frames); err != nil {
		return err // before a header has left whose attachment would not
	}
	if t := turnOf(ctx, id); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if err := s.postReply(ctx, t); err != nil {
			return err
		}
	}
	for i, frame := range frames {
		err := s.postFrame(ctx, id, frame, volatile)
		switch {
		case err == nil:
			continue
		case errors.Is(err, ErrGone):
			return s.endGone(ctx, id, err)
		case i > 0, len(frames) > 1 && errors.Is(err, ErrUnanswered):
			s.logError(ctx, "close", id, s.options.Gateway.Close(context.WithoutCancel(ctx), id))
		}
		return err
	}
	return nil
}

// postReply posts the reply that waits in a turn, if there is one. While the gateway is
// busy it stays there, to leave as the route response; when nobody knows whether it has
// left, the connection is closed, because a second one would make a second session of the
// client's and none would make it wait for ever.
func (s *Server) postReply(ctx context.Context, t *turn) error {
	if t.reply == nil {
		return nil
	}
	err := s.postFrame(ctx, t.connectionID, t.reply, false)
	switch {
	case errors.Is(err, ErrGone):
		err = s.endGone(ctx, t.connectionID, err)
	case errors.Is(err, ErrUnanswered):
		s.logError(ctx, "close", t.connectionID, s.options.Gateway.Close(context.WithoutCancel(ctx), t.connectionID))
	case err != nil:
		return err
	}
	t.reply = nil
	return err
}

// postFrame sends one frame, patiently unless it is volatile. A frame that may have been
// sent is not sent again.
func (s *Server) postFrame(ctx context.Context, id string, frame []byte, volatile bool) error {
	wait := postBackoff
	for attempt := 1; ; attempt++ {
		err := s.options.Gateway.Post(ctx, id, frame)
		if err == nil || !errors.Is(err, ErrBusy) || volatile {
			return err
		}
		if attempt == postAttempts || sleep(ctx, wait/2+rand.N(wait)) != nil {
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
