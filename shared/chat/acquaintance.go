package chat

import (
	"context"
	"slices"

	"github.com/confab-chat/confab/shared/wait"
)

// People are acquainted who share a room: they see each other's presence, and add each other to
// rooms.

// acquainted returns which of the users are acquainted with a user, or are the user. roomsOf
// returns the rooms of the user at an index.
func (c *core) acquainted(ctx context.Context, userID string, ids []string, roomsOf func(ctx context.Context, i int) ([]string, error)) ([]bool, error) {
	known := make([]bool, len(ids))
	var others []int
	for i, id := range ids {
		if known[i] = id == userID; !known[i] {
			others = append(others, i)
		}
	}
	if len(others) == 0 {
		return known, nil
	}
	mine, err := c.store.RoomsOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	err = wait.ForEach(ctx, lookupsAtOnce, others, func(ctx context.Context, i int) error {
		theirs, err := roomsOf(ctx, i)
		known[i] = slices.ContainsFunc(theirs, func(room string) bool { return slices.Contains(mine, room) })
		return err
	})
	return known, err
}

// acquaintances returns those of the users who are acquainted with a user, or are the user.
func (c *core) acquaintances(ctx context.Context, userID string, ids []string) ([]string, error) {
	known, err := c.acquainted(ctx, userID, ids, func(ctx context.Context, i int) ([]string, error) { return c.store.RoomsOf(ctx, ids[i]) })
	if err != nil {
		return nil, err
	}
	var acquaintances []string
	for i, id := range ids {
		if known[i] {
			acquaintances = append(acquaintances, id)
		}
	}
	return acquaintances, nil
}
