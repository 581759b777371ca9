package realtime

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// fanout sends one packet to many connections.
type fanout struct {
	*poster
	connections store.ConnectionStore
	rooms       store.RoomStore
	recovery    *recoverer // nil: recovery is off
	handover    Handover   // nil: this function posts everything itself
	now         func() time.Time
	// inline is how many connections this function posts to by itself, and the size of a
	// chunk that is handed over.
	inline   int
	parallel int
}

// Deliver posts a packet to connections: the fanout function calls it with a [Delivery]
// that was handed over. It ends connections that are gone. One that stays busy is logged
// and misses the packet, so that the others need not wait for it.
func (s *Server) Deliver(ctx context.Context, d Delivery) error {
	_, err := s.fanout.postAll(ctx, d)
	return errors.Join(err, ctx.Err())
}

// deliver sends a packet by itself or through the Handover. It returns the members that
// are gone.
func (f *fanout) deliver(ctx context.Context, d Delivery) (gone []store.Member, err error) {
	if f.handover != nil && len(d.Members) > f.inline {
		d = f.handOver(ctx, d)
	}
	gone, err = f.postAll(ctx, d)
	return gone, errors.Join(err, ctx.Err())
}

// handOver hands a delivery over in chunks. It returns what is left of it: the members of the
// chunks that the Handover refused.
func (f *fanout) handOver(ctx context.Context, d Delivery) Delivery {
	var mu sync.Mutex
	var chunks []Delivery
	for members := range slices.Chunk(d.Members, f.inline) {
		chunk := d
		chunk.Members = members
		if d.Logged != nil {
			chunk.Logged = &Logged{Offset: d.Logged.Offset, Rooms: d.Logged.Rooms, Part: len(chunks) + 1}
		}
		chunks = append(chunks, chunk)
	}
	var refused []store.Member
	parts := len(chunks)
	_ = wait.ForEach(ctx, f.parallel, chunks, func(ctx context.Context, chunk Delivery) error {
		if err := f.handover.HandOver(ctx, chunk); err != nil {
			f.log.WarnContext(ctx, "fan-out not handed over", "namespace", d.Namespace, "rooms", roomsOf(chunk.Members),
				"connections", len(chunk.Members), "error", err)
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, chunk.Members...)
			parts--
		}
		return nil
	})
	d.Members = refused
	if d.Logged != nil {
		d.Logged = &Logged{Offset: d.Logged.Offset, Rooms: d.Logged.Rooms, Parts: parts}
	}
	return d
}

// postAll posts a packet to its members, several at a time, and returns those that are
// gone. Those whose CONNECT is not answered come last. It logs members that could not be reached.
// It fails if what they missed could not be recorded.
func (f *fanout) postAll(ctx context.Context, d Delivery) (gone []store.Member, err error) {
	var (
		mu     sync.Mutex
		missed []store.Member
		cause  error
	)
	record := f.recovery.record(ctx, d)
	posted := func(ctx context.Context, m store.Member, began int64, err error) {
		record.posted(m, began, err)
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
	}
	post := func(ctx context.Context, m store.Member) error {
		began := record.posting()
		posted(ctx, m, began, f.post(ctx, m.ConnectionID, d.Frames, d.Volatile))
		return nil
	}
	answering, others := splitAnswering(ctx, d, f.now())
	var waiting sync.WaitGroup
	if len(answering) > 0 {
		// Two functions that owe replies and wait for one another would wait in vain.
		if err := f.postHeldReply(ctx); err != nil {
			f.log.WarnContext(ctx, "reply to a CONNECT not posted", "error", err)
		}
		waiting.Go(func() {
			for _, m := range f.postAnswering(ctx, d.Namespace, answering, post) {
				posted(ctx, m, record.posting(), f.endGone(ctx, m.ConnectionID, ErrGone))
			}
		})
	}
	_ = wait.ForEach(ctx, f.parallel, others, post)
	waiting.Wait()
	if len(missed) > 0 {
		level := slog.LevelError
		if errors.Is(cause, ErrBusy) || errors.Is(cause, ErrUnanswered) { // which happens
			level = slog.LevelWarn
		}
		f.log.Log(ctx, level, "packet not delivered", "namespace", d.Namespace, "rooms", roomsOf(missed),
			"connections", len(missed), "of", len(d.Members), "error", cause)
	}
	return gone, record.store(ctx)
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
