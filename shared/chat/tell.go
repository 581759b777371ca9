package chat

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/wait"
)

// presenceChange is that a user came online or went offline.
type presenceChange struct {
	user User
	now  Presence
}

// presenceTold is the data of the event presence: several users may have come and gone at once.
type presenceTold struct {
	Users map[string]Presence `json:"users"`
}

// presenceChanged is the data of userOnline and userOffline, which everyone hears in the mode
// PresenceToEveryone.
type presenceChanged struct {
	User     User  `json:"user"`
	Version  int64 `json:"version"`
	LastSeen Time  `json:"lastSeen,omitzero"`
}

// lookupsAtOnce bounds how many people or rooms one operation looks up at a time.
const lookupsAtOnce = 16

// teller tells others of people's presence.
type teller struct{ *core }

// tell tells others of changes, as the mode says.
func (t *teller) tell(ctx context.Context, changes []presenceChange) error {
	switch {
	case t.tells == mode.NoPresence || len(changes) == 0:
		return nil
	case t.tells == mode.PresenceToEveryone:
		return wait.ForEach(ctx, lookupsAtOnce, changes, t.tellEveryone)
	case len(changes) == 1:
		return t.tellWatchers(ctx, changes[0])
	default:
		return t.tellWatchersOfEach(ctx, changes)
	}
}

func (t *teller) tellEveryone(ctx context.Context, c presenceChange) error {
	event := "userOffline"
	if c.now.Online {
		event = "userOnline"
	}
	return t.server.Emit(ctx, event, presenceChanged{User: c.user, Version: c.now.Version, LastSeen: c.now.LastSeen})
}

// tellWatchers tells all who watch a room of the user, each once.
func (t *teller) tellWatchers(ctx context.Context, c presenceChange) error {
	rooms, err := t.store.RoomsOf(ctx, c.user.ID)
	if err != nil || len(rooms) == 0 {
		return err
	}
	return t.server.To(named(rooms)...).Emit(ctx, "presence", presenceTold{map[string]Presence{c.user.ID: c.now}})
}

// tellWatchersOfEach tells those who watch a room of all changes in it, in one packet.
func (t *teller) tellWatchersOfEach(ctx context.Context, changes []presenceChange) error {
	byRoom := map[string]map[string]Presence{}
	var mu sync.Mutex
	err := wait.ForEach(ctx, lookupsAtOnce, changes, func(ctx context.Context, c presenceChange) error {
		rooms, err := t.store.RoomsOf(ctx, c.user.ID)
		mu.Lock()
		defer mu.Unlock()
		for _, id := range rooms {
			if byRoom[id] == nil {
				byRoom[id] = map[string]Presence{}
			}
			byRoom[id][c.user.ID] = c.now
		}
		return err
	})
	if err != nil {
		return err
	}
	return wait.ForEach(ctx, lookupsAtOnce, slices.Sorted(maps.Keys(byRoom)), func(ctx context.Context, id string) error {
		return t.server.To(watchers(id)).Emit(ctx, "presence", presenceTold{byRoom[id]})
	})
}
