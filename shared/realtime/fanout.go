package realtime

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// fanout sends one packet to many connections.
type fanout struct {
	*poster
	connections store.ConnectionStore
	rooms       store.RoomStore
	once        store.OnceStore
	recovery    *recoverer // nil: recovery is off
	handover    Handover   // nil: this function posts everything itself
	now         func() time.Time
	// inline is how many connections this function posts to by itself, and the size of a
	// chunk that is handed over.
	inline   int
	parallel int
	pace     Pace
	// lanes hold this function to the pace of each lane.
	lanes []*rate.Limiter
}

// deliver sends a packet by itself or through the Handover. It returns the members that
// are gone.
func (f *fanout) deliver(ctx context.Context, d Delivery) (gone []store.Member, err error) {
	if f.handover != nil && len(d.Members) > f.inline {
		d = f.handOver(ctx, d)
	}
	p := f.newPosting(ctx, d)
	p.round(ctx, d.Members, p.patiently)
	return p.gone, errors.Join(p.finish(ctx), ctx.Err())
}

// handOver hands a delivery over in chunks. It returns what is left of it: the members of the
// chunks that the Handover refused.
func (f *fanout) handOver(ctx context.Context, d Delivery) Delivery {
	d.Packet = rand.Text()
	var mu sync.Mutex
	chunks := f.chunks(d)
	d.Members, d.Parts = nil, len(chunks)
	_ = wait.ForEach(ctx, f.parallel, chunks, func(ctx context.Context, chunk Delivery) error {
		if err := f.handover.HandOver(ctx, chunk); err != nil {
			f.log.WarnContext(ctx, "fan-out not handed over", "namespace", d.Namespace, "rooms", roomsOf(chunk.Members),
				"connections", len(chunk.Members), "error", err)
			mu.Lock()
			defer mu.Unlock()
			d.Members = append(d.Members, chunk.Members...)
			d.Parts--
		}
		return nil
	})
	return d
}

// chunks cuts a delivery into chunks, each with members of one lane. The first chunks of the lanes
// come first.
func (f *fanout) chunks(d Delivery) []Delivery {
	lanes := make([][]store.Member, f.pace.Lanes())
	for _, m := range d.Members {
		lane := f.pace.laneOf(m.ConnectionID)
		lanes[lane] = append(lanes[lane], m)
	}
	var chunks []Delivery
	for left := true; left; {
		left = false
		for lane, members := range lanes {
			if len(members) == 0 {
				continue
			}
			n := min(f.inline, len(members))
			chunk := d
			chunk.Members, chunk.Lane, chunk.Part = members[:n], lane, len(chunks)+1
			chunks = append(chunks, chunk)
			lanes[lane], left = members[n:], true
		}
	}
	return chunks
}

// removeMember takes a member out of Everyone, its own room, and the room in which it was
// found.
func (f *fanout) removeMember(ctx context.Context, namespace string, m store.Member) {
	state := store.SocketState{ID: m.SocketID}
	if m.Room != store.Everyone && m.Room != m.SocketID {
		state.Rooms = []string{m.Room}
	}
	if m.Sharded {
		state.Sharded = []string{m.Room}
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
