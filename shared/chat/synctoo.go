package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/confab-chat/confab/shared/realtime"
)

// syncedToo are the answers to what a sync asks too, as the operations of these names answer. One is left
// out if the user is not in its room, or there is no place for it: then it is to be asked for by itself.
type syncedToo struct {
	Watch   *presenceResult `json:"watch,omitempty"`
	History *page           `json:"history,omitempty"`
	Members *membersResult  `json:"members,omitempty"`
}

// Work of what a sync asks too, beside what it reads.
const (
	historyWork = 2
	membersWork = 1
)

// checkToo checks what a sync asks too.
func (in Sync) checkToo(a actor) error {
	if in.Watch != nil {
		if a.socket == nil {
			return badRequest("Only a socket can watch rooms.")
		}
		if _, err := in.Watch.checked(); err != nil {
			return err
		}
	}
	if in.History != nil {
		if err := in.History.check(); err != nil {
			return err
		}
		if in.History.Since != "" {
			return badRequest("Ask for a moment with history alone.")
		}
	}
	if in.Members != nil {
		return in.Members.check()
	}
	return nil
}

// askToo answers what a sync asks too, of those rooms that are the actor's. It watches before it looks who is
// online.
func (s *syncs) askToo(ctx context.Context, a actor, in Sync, mine []string) (too syncedToo, err error) {
	if in.Watch != nil {
		watch, err := in.Watch.checked()
		if err != nil {
			return too, err
		}
		isOther := func(id string) bool { return !slices.Contains(mine, id) }
		watch.RoomIDs, watch.Tell = slices.DeleteFunc(watch.RoomIDs, isOther), slices.DeleteFunc(watch.Tell, isOther)
		told, err := s.presence.watchMine(ctx, a, watch)
		if err != nil {
			return too, err
		}
		too.Watch = &told
	}
	if in.Members != nil && slices.Contains(mine, in.Members.RoomID) {
		if err := realtime.Spend(ctx, membersWork); err != nil {
			return too, err
		}
		members, err := s.rooms.membersAfter(ctx, in.Members.RoomID, in.Members.After)
		if err != nil {
			return too, err
		}
		too.Members = &members
	}
	if in.History != nil && slices.Contains(mine, in.History.RoomID) {
		if err := realtime.Spend(ctx, historyWork); err != nil {
			return too, err
		}
		history, err := s.messages.read(ctx, in.History.RoomID, *in.History, maxJoinBytes)
		if err != nil {
			return too, err
		}
		too.History = &history
	}
	return too, nil
}

// cutTo leaves out what has no place in so many bytes, and returns how many are left.
func (t syncedToo) cutTo(bytes int) (kept syncedToo, left int, err error) {
	left = bytes
	fits := func(answer any) bool {
		encoded, failed := json.Marshal(answer)
		if failed != nil || len(encoded) > left {
			err = errors.Join(err, failed)
			return false
		}
		left -= len(encoded)
		return true
	}
	if t.Watch != nil && fits(t.Watch) {
		kept.Watch = t.Watch
	}
	if t.History != nil && fits(t.History) {
		kept.History = t.History
	}
	if t.Members != nil && fits(t.Members) {
		kept.Members = t.Members
	}
	return kept, left, err
}
