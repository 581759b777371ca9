package realtime

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// fanout sends one packet to many connections.
type fanout struct {
	*poster
	rooms    store.RoomStore
	handover Handover // nil: this function posts everything itself
	// inline is how many connections this function posts to by itself, and the size of a
	// chunk that is handed over.
	inline   int
	parallel int
}

// Deliver posts a packet to connections: the fanout function calls it with a [Delivery]
// that was handed over. It ends connections that are gone. One that stays busy is logged
// and misses the packet, so that the others need not wait for it.
func (s *Server) Deliver(ctx context.Context, d Delivery) error {
	s.fanout.postAll(ctx, d)
	return ctx.Err()
}

// deliver sends a packet by itself or through the Handover. It returns the members that
// are gone.
func (f *fanout) deliver(ctx context.Context, d Delivery) (gone []store.Member, err error) {
	if f.handover != nil && len(d.Members) > f.inline {
		d.Members = f.handOver(ctx, d)
	}
	return f.postAll(ctx, d), ctx.Err()
}

// handOver hands a delivery over in chunks. It returns the members of the chunks that the
// Handover refused.
func (f *fanout) handOver(ctx context.Context, d Delivery) (refused []store.Member) {
	var mu sync.Mutex
	chunks := slices.Collect(slices.Chunk(d.Members, f.inline))
	_ = wait.ForEach(ctx, f.parallel, chunks, func(ctx context.Context, chunk []store.Member) error {
		part := d
		part.Members = chunk
		if err := f.handover.HandOver(ctx, part); err != nil {
			f.log.WarnContext(ctx, "fan-out not handed over", "namespace", d.Namespace, "rooms", roomsOf(chunk),
				"connections", len(chunk), "error", err)
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, chunk...)
		}
		return nil
	})
	return refused
}

// postAll posts a packet to its members, several at a time, and returns those that are
// gone. It logs members that could not be reached.
func (f *fanout) postAll(ctx context.Context, d Delivery) (gone []store.Member) {
	var (
		mu     sync.Mutex
		missed []store.Member
		cause  error
	)
	_ = wait.ForEach(ctx, f.parallel, d.Members, func(ctx context.Context, m store.Member) error {
		err := f.post(ctx, m.ConnectionID, d.Frames, d.Volatile)
		if errors.Is(err, errUnrecorded) {
			f.removeMember(ctx, d.Namespace, m)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, ErrGone):
			gone = append(gone, m)
		case err != nil && !d.Volatile:
			missed, cause = append(missed, m), err
		}
		return nil
	})
	if len(missed) > 0 {
		level := slog.LevelError
		if errors.Is(cause, ErrBusy) || errors.Is(cause, ErrUnanswered) { // which happens
			level = slog.LevelWarn
		}
		f.log.Log(ctx, level, "packet not delivered", "namespace", d.Namespace, "rooms", roomsOf(missed),
			"connections", len(missed), "of", len(d.Members), "error", cause)
	}
	return gone
}

// removeMember takes a member out of Everyone, its own room, and the room in which it was
// found.
func (f *fanout) removeMember(ctx context.Context, namespace string, m store.Member) {
	state := store.SocketState{ID: m.SocketID}
	if m.Room != store.Everyone && m.Room != m.SocketID {
		state.Rooms = []string{m.Room}
	}
	f.log.failure(ctx, "remove member", m.ConnectionID,
		f.rooms.Vacate(ctx, m.ConnectionID, map[string]store.SocketState{namespace: state}))
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
