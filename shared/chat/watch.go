package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/wait"
)

// Watch asks to be told who comes online and goes offline in these rooms, and in no others from
// now on.
type Watch struct {
	RoomIDs []string `json:"roomIds"`
	// Tell are those of the rooms whose members' presence the answer tells: all of them if it is left out.
	Tell []string `json:"tell,omitzero"`
}

// watchers is the realtime room with the sockets that watch a chat room.
func watchers(roomID string) string { return "watch:" + roomID }

// watch lets the actor's socket watch rooms, and returns who is online there.
func (p *presence) watch(ctx context.Context, a actor, in Watch) (presenceResult, error) {
	in, err := in.checked()
	if err != nil {
		return presenceResult{}, err
	}
	if len(in.RoomIDs) > 0 {
		mine, err := p.store.RoomsOf(ctx, a.ID)
		if err != nil {
			return presenceResult{}, err
		}
		if !isSubset(in.RoomIDs, mine) {
			return presenceResult{}, errForbidden
		}
	}
	return p.watchMine(ctx, a, in)
}

// watchMine is watch for rooms of the actor. A room of more than maxMembers is not watched: its comings
// and goings would cost more than they tell.
func (p *presence) watchMine(ctx context.Context, a actor, in Watch) (presenceResult, error) {
	if p.tells == mode.NoPresence {
		return presenceResult{map[string]Presence{}}, nil
	}
	var joins, leaves []string
	if p.tells == mode.PresenceToWatchers {
		joins, leaves = compareWatches(a.socket, in.RoomIDs)
	}
	members, err := p.membersOf(ctx, union(joins, in.Tell))
	if err != nil {
		return presenceResult{}, err
	}
	var users []string
	for _, id := range in.Tell {
		for _, m := range members[id][:min(len(members[id]), maxMembers)] {
			users = append(users, m.ID)
		}
	}
	if users = union(users, nil); len(users) > maxTold {
		return presenceResult{}, realtime.Errorf(realtime.CodeTooLarge, "Name fewer rooms in tell: these have more than %d people.", maxTold)
	}
	joins = slices.DeleteFunc(joins, func(id string) bool { return len(members[id]) > maxMembers })
	if err := realtime.Spend(ctx, watchWork*len(joins)+len(users)/readsPerDelivery); err != nil {
		return presenceResult{}, err
	}
	// First watch and then look: what changes in between is told.
	if err := errors.Join(a.socket.Leave(ctx, named(leaves)...), a.socket.Join(ctx, named(joins)...)); err != nil {
		return presenceResult{}, err
	}
	return p.presenceOf(ctx, users)
}

// checked returns a request with each room once, and with those that the answer tells about.
func (in Watch) checked() (Watch, error) {
	ids := union(in.RoomIDs, nil)
	tell := ids
	if in.Tell != nil {
		tell = union(in.Tell, nil)
	}
	if len(ids) > maxWatched {
		return Watch{}, realtime.Errorf(realtime.CodeTooLarge, "Watch at most %d rooms at a time.", maxWatched)
	}
	for _, id := range ids {
		if err := checkID("room", id); err != nil {
			return Watch{}, err
		}
	}
	if !isSubset(tell, ids) {
		return Watch{}, badRequest("tell must name rooms of roomIds.")
	}
	return Watch{RoomIDs: ids, Tell: tell}, nil
}

// compareWatches returns the rooms that a socket has to begin and to stop watching. If it watches them
// already, it begins again: clients repeat a request that had no answer, and a join that was cut off stands
// on the record of the connection, and perhaps nowhere else.
func compareWatches(s *realtime.Socket, ids []string) (joins, leaves []string) {
	for _, room := range s.Rooms() {
		if id, ok := strings.CutPrefix(room, watchers("")); ok && !slices.Contains(ids, id) {
			leaves = append(leaves, id)
		}
	}
	for _, id := range ids {
		if !s.InRoom(watchers(id)) {
			joins = append(joins, id)
		}
	}
	if len(joins)+len(leaves) == 0 {
		joins = ids
	}
	return joins, leaves
}

// membersOf returns the members of rooms, one more than maxMembers at most.
func (p *presence) membersOf(ctx context.Context, roomIDs []string) (map[string][]Member, error) {
	all := make(map[string][]Member, len(roomIDs))
	var mu sync.Mutex
	err := wait.ForEach(ctx, lookupsAtOnce, roomIDs, func(ctx context.Context, id string) error {
		members, err := p.store.Members(ctx, id, maxMembers+1)
		mu.Lock()
		all[id] = members
		mu.Unlock()
		return err
	})
	return all, err
}

// named returns the realtime rooms with those who watch rooms.
func named(roomIDs []string) []string {
	var rooms []string
	for _, id := range roomIDs {
		rooms = append(rooms, watchers(id))
	}
	return rooms
}

// union returns what is in a or b, each once and in order.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// isSubset reports whether all has each of some.
func isSubset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(id string) bool { return !slices.Contains(all, id) })
}
