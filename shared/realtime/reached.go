package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// process is a process that posts. Of two posts of one process its clock tells which came first;
// of two processes the log's clock does.
type process struct {
	name  string
	began time.Time
}

func newProcess() process { return process{newID(), time.Now()} }

var thisProcess = newProcess()

// now returns the microseconds since the process began. No change of the system's time changes it.
func (p process) now() int64 { return time.Since(p.began).Microseconds() }

// record notes who is reached by a delivery whose packet is in the recovery log. A nil record
// notes nothing.
type record struct {
	*recoverer
	delivery Delivery
	// since is the log's clock from before the first post.
	since int64
	read  store.Interval

	mu      sync.Mutex
	reached map[string]store.Interval
	missed  []store.Member
}

// record begins the record of a delivery; nil if its packet is not in the log.
func (r *recoverer) record(ctx context.Context, d Delivery) *record {
	if r == nil || d.Logged == nil {
		return nil
	}
	began := r.process.now()
	since, err := r.store.Clock(ctx)
	if err != nil {
		since = clockOf(d.Logged.Offset) // which is earlier
	}
	read := store.Interval{Began: began, Ended: r.process.now()}
	return &record{recoverer: r, delivery: d, since: since, read: read, reached: map[string]store.Interval{}}
}

// posting returns when a post begins, by the clock of the process.
func (r *record) posting() int64 {
	if r == nil {
		return 0
	}
	return r.process.now()
}

// posted notes the outcome of the post to a member.
func (r *record) posted(m store.Member, began int64, err error) {
	if r == nil {
		return
	}
	post := store.Interval{Began: began, Ended: r.process.now()}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.reached[m.ConnectionID] = post
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
	ticked := store.Interval{Began: r.process.now()}
	clock, err := r.recoverer.store.Tick(ctx)
	ticked.Ended = r.process.now()
	if err == nil && len(r.missed) > 0 {
		err = r.storeMissed(ctx, clock)
	}
	if err != nil && len(r.missed) > 0 {
		return fmt.Errorf("record what was missed: %w", err)
	}
	if err == nil {
		// Last: a recovery believes that who is neither here nor among the missed was no member.
		err = r.recoverer.store.NoteReached(ctx, d.Namespace, d.Logged.Rooms, d.Logged.Offset, store.Reached{
			Part: d.Part, Parts: d.Parts, Since: r.since, Clock: clock,
			Process: r.process.name, Read: r.read, Ticked: ticked, Posted: r.reached,
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
