package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// counter counts the beginnings and ends of this process's posts. Of two posts of one process it
// tells which came first; of two processes the log's clock does.
type counter struct {
	process string
	last    atomic.Int64
}

// posts is the process's counter.
var posts = &counter{process: newID()}

// record notes who is reached by a delivery whose packet is in the recovery log. A nil record
// notes nothing.
type record struct {
	*recoverer
	delivery Delivery
	// since is the log's clock from before the first post, and began the process's counter.
	since, began int64

	mu      sync.Mutex
	reached map[string]int64
	missed  []store.Member
}

// record begins the record of a delivery; nil if its packet is not in the log.
func (r *recoverer) record(ctx context.Context, d Delivery) *record {
	if r == nil || d.Logged == nil {
		return nil
	}
	since, err := r.store.Clock(ctx)
	if err != nil {
		since = clockOf(d.Logged.Offset) // which is earlier
	}
	return &record{recoverer: r, delivery: d, since: since, began: r.posts.last.Add(1), reached: map[string]int64{}}
}

// posted notes the outcome of the post to a member.
func (r *record) posted(m store.Member, err error) {
	if r == nil {
		return
	}
	number := r.posts.last.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.reached[m.ConnectionID] = number
	case errors.Is(err, errUnrecorded), errors.Is(err, ErrTooLarge): // nobody, or never
	default:
		r.missed = append(r.missed, m)
	}
}

// store stores the record. It fails if somebody missed the packet and that could not be stored.
// If no more than who was reached could not be stored, some may get the packet twice.
func (r *record) store(ctx context.Context) error {
	if r == nil {
		return nil
	}
	d := r.delivery
	clock, err := r.recoverer.store.Tick(ctx)
	if err == nil && len(r.missed) > 0 {
		err = r.storeMissed(ctx, clock)
	}
	if err != nil && len(r.missed) > 0 {
		return fmt.Errorf("record what was missed: %w", err)
	}
	if err == nil {
		// Last: a recovery believes that who is neither here nor among the missed was no member.
		err = r.recoverer.store.NoteReached(ctx, d.Namespace, d.Logged.Rooms, d.Logged.Offset, store.Reached{
			Part: d.Logged.Part, Parts: d.Logged.Parts, Since: r.since, Clock: clock, Process: r.posts.process, Began: r.began, Posted: r.reached,
		}, r.now().Add(r.logLifetime))
	}
	if err != nil {
		r.log.WarnContext(ctx, "not recorded who was reached", "namespace", d.Namespace, "error", err)
	}
	return nil
}

// storeMissed keeps a packet for the sockets that missed it, as long as their connections may
// live.
func (r *record) storeMissed(ctx context.Context, clock int64) error {
	sockets := make([]string, len(r.missed))
	for i, m := range r.missed {
		sockets[i] = m.SocketID
	}
	p := store.LoggedPacket{Offset: r.delivery.Logged.Offset, MissedAt: clock, Frames: r.delivery.Frames}
	return r.recoverer.store.AppendPacket(ctx, r.delivery.Namespace, sockets, p, r.now().Add(r.sessionLifetime))
}
