package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// roomList is the result of listRooms.
type roomList struct {
	// Rooms are those of the user, Open the channels that they may join; both newest
	// first.
	Rooms []Room `json:"rooms"`
	Open  []Room `json:"open"`
	// More reports that the oldest are left out, because there are too many.
	More bool `json:"more,omitempty"`
}

// list returns the rooms of the actor and the channels that they may join.
func (r *rooms) list(ctx context.Context, a actor, _ struct{}) (roomList, error) {
	ids, err := r.store.RoomsOf(ctx, a.ID)
	if err != nil {
		return roomList{}, err
	}
	if a.socket != nil {
		if joins, leaves := compareRooms(a.socket, ids); len(joins)+len(leaves) > 0 {
			if _, err := r.followRooms(ctx, a.socket, a.User); err != nil {
				r.log.WarnContext(ctx, "socket does not follow its user's rooms yet", "user", a.ID, "error", err)
			}
		}
	}
	mine, err := r.store.Rooms(ctx, ids)
	if err != nil {
		return roomList{}, err
	}
	slices.SortFunc(mine, func(a, b Room) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt.Time), strings.Compare(a.ID, b.ID))
	})
	open, err := r.store.OpenRooms(ctx, maxOpen)
	if err != nil {
		return roomList{}, err
	}
	more := len(open) == maxOpen
	open = slices.DeleteFunc(open, func(room Room) bool { return slices.Contains(ids, room.ID) })
	fit, err := countFitting(maxListBytes, slices.Concat(mine, open))
	if err != nil {
		return roomList{}, err
	}
	n := min(fit, len(mine))
	return roomList{
		Rooms: orEmpty(mine[:n]),
		Open:  orEmpty(open[:fit-n]),
		More:  more || fit < len(mine)+len(open),
	}, nil
}

// countFitting returns how many of the rooms fit into a number of bytes.
func countFitting(bytes int, rooms []Room) (int, error) {
	for i, r := range rooms {
		encoded, err := json.Marshal(r)
		if err != nil {
			return 0, err
		}
		if bytes -= len(encoded); bytes < 0 {
			return i, nil
		}
	}
	return len(rooms), nil
}

// orEmpty makes an empty list [] in JSON, not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
