package realtime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
	"github.com/confab-chat/confab/shared/wait"
)

// Broadcast addresses sockets of a namespace: the sockets of some rooms, or every socket,
// without the sockets of other rooms. It is an immutable value and every operator returns a
// changed copy, so a Broadcast may be kept, reused, and shared by goroutines.
//
// Emitting does not fail because a receiver is gone, slow or unreachable. It fails when the
// receivers cannot be looked up, the packet cannot be encoded, or a frame is larger than
// the gateway carries (ErrTooLarge).
//
//layout:large because it has the methods of Socket.IO's broadcast operator
type Broadcast struct {
	namespace *Namespace
	// rooms are the rooms addressed; nil: every socket.
	rooms  []string
	except []string
	// self is a socket that must not receive the packet; it needs no look-up.
	self     string
	volatile bool
	timeout  time.Duration
}

// To adds rooms to the address; In does the same. To without rooms, or with an empty room
// name, adds no receivers: a name that a client left out must not reach everyone.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.rooms = append(append([]string{}, b.rooms...), nonEmpty(rooms)...)
	return b
}

// In adds rooms to the address.
func (b Broadcast) In(rooms ...string) Broadcast { return b.To(rooms...) }

// Except leaves out the sockets of rooms. A socket's id is a room too.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = append(slices.Clip(b.except), nonEmpty(rooms)...)
	return b
}

// nonEmpty returns the rooms that have a name. The empty name is store.Everyone.
func nonEmpty(rooms []string) []string {
	return slices.DeleteFunc(slices.Clone(rooms), func(room string) bool { return room == store.Everyone })
}

// Volatile marks the packet as one that a busy receiver may miss. It is posted once and not
// tried again.
func (b Broadcast) Volatile() Broadcast {
	b.volatile = true
	return b
}

// Timeout sets how long EmitWithAck waits.
func (b Broadcast) Timeout(d time.Duration) Broadcast {
	b.timeout = d
	return b
}

// Emit sends an event to the sockets addressed. The packet is encoded once.
func (b Broadcast) Emit(ctx context.Context, event string, args ...any) error {
	if err := b.emit(ctx, nil, event, args); err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

// emit sends an event to members, or if members is nil, to the sockets that are addressed
// now.
func (b Broadcast) emit(ctx context.Context, members []store.Member, event string, args []any) error {
	packet, err := socketio.NewEvent(b.namespace.name, event, args...)
	if err != nil {
		return err
	}
	b.namespace.notifyOutgoing(ctx, event, args)
	s := b.namespace.server
	except := b.except
	if b.self != "" {
		except = append(slices.Clip(except), b.self)
	}
	d, err := s.prepare(ctx, packet, b.volatile, b.addressed(), except)
	if err != nil {
		return err
	}
	if d.Members = members; members == nil {
		if d.Members, err = receivers(ctx, b); err != nil {
			return err
		}
	}
	_, err = b.deliver(ctx, d)
	return err
}

// deliver sends a delivery, and returns the members that are gone.
func (b Broadcast) deliver(ctx context.Context, d Delivery) ([]store.Member, error) {
	if err := Spend(ctx, len(d.Members)*billedMessages(d.Frames)); err != nil {
		return nil, err
	}
	return b.namespace.server.fanout.deliver(ctx, d)
}

// addressed returns the rooms addressed, each once.
func (b Broadcast) addressed() []string {
	if b.rooms == nil {
		return []string{store.Everyone}
	}
	return slices.Compact(slices.Sorted(slices.Values(b.rooms)))
}

// Send emits the event "message".
func (b Broadcast) Send(ctx context.Context, args ...any) error {
	return b.Emit(ctx, "message", args...)
}

// Audience looks up the sockets that are addressed now, to emit to them later. So the look-up
// can run while something else is in progress. (With Recovery, Emit looks them up again
// unless it is volatile, because a packet must be in the log before the look-up.)
func (b Broadcast) Audience(ctx context.Context) (Audience, error) {
	members, err := receivers(ctx, b)
	if err != nil {
		return Audience{}, fmt.Errorf("find the sockets of a broadcast: %w", err)
	}
	return Audience{broadcast: b, members: members}, nil
}

// Audience is the set of sockets that a Broadcast addressed at one moment.
type Audience struct {
	broadcast Broadcast
	members   []store.Member
}

// Len returns how many sockets there are.
func (a Audience) Len() int { return len(a.members) }

// Emit sends an event to the audience.
func (a Audience) Emit(ctx context.Context, event string, args ...any) error {
	members := a.members
	if a.broadcast.namespace.server.options.Recovery != nil && !a.broadcast.volatile {
		members = nil
	} else if len(members) == 0 {
		return nil
	}
	if err := a.broadcast.emit(ctx, members, event, args); err != nil {
		return fmt.Errorf("emit %q: %w", event, err)
	}
	return nil
}

// members looks up the sockets of all rooms at once, and returns each connection once.
func (b Broadcast) members(ctx context.Context) ([]store.Member, error) {
	rooms := b.addressed()
	lookups := slices.Concat(rooms, b.except)
	found := make(map[string][]store.Member, len(lookups))
	var mu sync.Mutex
	err := wait.ForEach(ctx, b.namespace.server.options.Parallel, lookups, func(ctx context.Context, room string) error {
		members, err := b.namespace.server.options.Store.Members(ctx, b.namespace.name, room)
		mu.Lock()
		found[room] = members
		mu.Unlock()
		return err
	})
	if err != nil {
		return nil, err
	}
	excluded := map[string]bool{b.self: true}
	for _, room := range b.except {
		for _, m := range found[room] {
			excluded[m.SocketID] = true
		}
	}
	// A recovered socket may still be a member by its old connection too, so it is the
	// connection that must not come twice.
	seen := map[string]bool{}
	var members []store.Member
	for _, room := range rooms {
		for _, m := range found[room] {
			if !excluded[m.SocketID] && !seen[m.ConnectionID] {
				seen[m.ConnectionID] = true
				members = append(members, m)
			}
		}
	}
	return members, nil
}
