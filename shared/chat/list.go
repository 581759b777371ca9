package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// listed is the result of listRooms.
type listed struct {
	// Rooms are those of the user, Open the channels that they may join; both newest
	// first.
	Rooms []Room `json:"rooms"`
	Open  []Room `json:"open"`
	// More: there are so many that the oldest are left out.
	More bool `json:"more,omitempty"`
}

func (c *Chat) listRooms(ctx context.Context, a actor, _ struct{}) (listed, error) {
	ids, err := c.store.RoomsOf(ctx, a.ID)
	if err != nil {
		return listed{}, err
	}
	mine, err := c.store.Rooms(ctx, ids)
	if err != nil {
		return listed{}, err
	}
	slices.SortFunc(mine, func(a, b Room) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt.Time), strings.Compare(a.ID, b.ID))
	})
	open, err := c.store.OpenRooms(ctx, maxOpen)
	if err != nil {
		return listed{}, err
	}
	more := len(open) == maxOpen
	open = slices.DeleteFunc(open, func(r Room) bool { return slices.Contains(ids, r.ID) })
	fit, err := fitting(maxListBytes, slices.Concat(mine, open))
	if err != nil {
		return listed{}, err
	}
	n := min(fit, len(mine))
	return listed{
		Rooms: orEmpty(mine[:n]),
		Open:  orEmpty(open[:fit-n]),
		More:  more || fit < len(mine)+len(open),
	}, nil
}

// fitting returns how many rooms fit into so many bytes.
func fitting(bytes int, rooms []Room) (int, error) {
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

// orEmpty makes a list that is [] in JSON when there is nothing in it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
