package realtime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Broadcast addresses sockets of a namespace: of rooms, or everyone, without those
// of other rooms. It is an immutable value; every operator returns a changed copy,
// so one may be kept and used again, from several goroutines too.
//
// Emitting does not fail because a receiver is gone, slow or unreachable; it
// fails when the receivers cannot be found, the packet cannot be encoded, or a frame of
// it is larger than the gateway carries (ErrTooLarge).
type Broadcast struct {
	namespace *Namespace
	// rooms are addressed, unless nil: then everyone is.
	rooms  []string
	except []string
	// self is the socket that must not receive; it needs no look-up.
	self     string
	volatile bool
	timeout  time.Duration
}

// To adds rooms to the address; In is the same word. No rooms, or a room of an empty
// name, address nobody, so that a name that a client left out does not reach everyone.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.rooms = append(append([]string{}, b.rooms...), named(rooms)...)
	return b
}

// In adds rooms to the address.
func (b Broadcast) In(rooms ...string) Broadcast { return b.To(rooms...) }

// Except leaves out the sockets of rooms. A socket's id is a room too.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = append(slices.Clip(b.except), named(rooms)...)
	return b
}

// named returns the rooms that have a name. The empty one is a Store's word for everyone.
func named(rooms []string) []string {
	return slices.DeleteFunc(slices.Clone(rooms), func(room string) bool { return room == store.Everyone })
}

// Volatile makes the packet one that a busy receiver may miss: it is tried once.
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

// emit sends an event to members, or if there are none given, to those who are
// there now.
func (b Broadcast) emit(ctx context.Context, members []store.Member, event string, args []any) error {
	packet, err := socketio.NewEvent(b.namespace.name, event, args...)
	if err != nil {
		return err
	}
	b.namespace.emitting(ctx, event, args)
	s := b.namespace.server
	except := b.except
	if b.self != "" {
		except = append(slices.Clip(except), b.self)
	}
	frames, err := s.prepare(ctx, packet, b.volatile, b.addressed(), except)
	if err != nil {
		return err
	}
	if members == nil {
		if members, err = b.members(ctx); err != nil {
			return err
		}
	}
	_, err = s.fanOut(ctx, b.namespace.name, members, frames, b.volatile)
	return err
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

// Audience finds the sockets addressed now, to emit to them later: so that they can
// be looked up while something else is under way. (With Recovery, Emit looks them
// up again unless it is volatile: a packet must be in the log before.)
func (b Broadcast) Audience(ctx context.Context) (Audience, error) {
	members, err := b.members(ctx)
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

// members looks the sockets up, all rooms at once, and names each socket once.
func (b Broadcast) members(ctx context.Context) ([]store.Member, error) {
	rooms := b.addressed()
	lookups := slices.Concat(rooms, b.except)
	found := make(map[string][]store.Member, len(lookups))
	var mu sync.Mutex
	err := each(ctx, b.namespace.server.options.Parallel, lookups, func(ctx context.Context, room string) error {
		members, err := b.namespace.server.options.Store.Members(ctx, b.namespace.name, room)
		mu.Lock()
		found[room] = members
		mu.Unlock()
		return err
	})
	if err != nil {
		return nil, err
	}
	left := map[string]bool{b.self: true}
	for _, room := range b.except {
		for _, m := range found[room] {
			left[m.SocketID] = true
		}
	}
	// Each connection once, and not each socket: a recovered socket may still be a member
	// by its old connection too.
	seen := map[string]bool{}
	var members []store.Member
	for _, room := range rooms {
		for _, m := range found[room] {
			if !left[m.SocketID] && !seen[m.ConnectionID] {
				seen[m.ConnectionID] = true
				members = append(members, m)
			}
		}
	}
	return members, nil
}
