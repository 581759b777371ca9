package chat

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// Presence is whether a user is there.
type Presence struct {
	Name   string `json:"-"`
	Online bool   `json:"online"`
	// Version orders what is heard about a user: the larger one is true.
	Version int64 `json:"version"`
	// LastSeen is when the user's last socket went; while online it is missing.
	LastSeen *time.Time `json:"lastSeen,omitempty"`
}

// PresenceQuery asks for the presence of users.
type PresenceQuery struct {
	UserIDs []string `json:"userIds"`
}

type presences struct {
	Users map[string]Presence `json:"users"`
}

// presenceChanged is userOnline and userOffline.
type presenceChanged struct {
	User     User       `json:"user"`
	Version  int64      `json:"version"`
	LastSeen *time.Time `json:"lastSeen,omitempty"`
}

// socketLifetime is when a socket that nobody has heard the end of no longer counts: a
// little after API Gateway's two hours.
const socketLifetime = 2*time.Hour + 15*time.Minute

// arrive brings a user online with their first socket.
func (c *Chat) arrive(ctx context.Context, s *realtime.Socket) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	now := c.now()
	t, err := c.store.Online(ctx, user, s.ID(), now, now.Add(socketLifetime))
	if err != nil {
		return err
	}
	if !t.Changed {
		return nil
	}
	return c.server.Emit(ctx, "userOnline", presenceChanged{User: user, Version: t.Version})
}

// depart takes a user offline with their last socket. It may run again after it died
// half-way: whoever hears the same twice sees that by the version.
func (c *Chat) depart(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	now := c.now().UTC().Truncate(time.Millisecond)
	t, err := c.store.Offline(ctx, user.ID, s.ID(), now)
	if err != nil {
		return err
	}
	if !t.Changed {
		return nil
	}
	return c.server.Emit(ctx, "userOffline", presenceChanged{User: user, Version: t.Version, LastSeen: &now})
}

func (c *Chat) presence(ctx context.Context, _ actor, in PresenceQuery) (presences, error) {
	if len(in.UserIDs) > maxPresences {
		return presences{}, realtime.Errorf(realtime.CodeTooLarge, "At most %d people at a time.", maxPresences)
	}
	for _, id := range in.UserIDs {
		if err := checkID("user", id); err != nil {
			return presences{}, err
		}
	}
	found, err := c.store.Presences(ctx, in.UserIDs, c.now())
	if err != nil {
		return presences{}, err
	}
	users := make(map[string]Presence, len(in.UserIDs))
	for _, id := range in.UserIDs {
		users[id] = found[id]
	}
	return presences{users}, nil
}

// Typing says that somebody types, or no longer.
type Typing struct {
	RoomID string `json:"roomId"`
	On     bool   `json:"on"`
}

type typingChanged struct {
	RoomID string `json:"roomId"`
	User   User   `json:"user"`
	On     bool   `json:"on"`
}

func (c *Chat) typing(ctx context.Context, a actor, in Typing) (struct{}, error) {
	none := struct{}{}
	if err := checkID("room", in.RoomID); err != nil {
		return none, err
	}
	if err := c.authorize(ctx, a, in.RoomID); err != nil {
		return none, err
	}
	to := a.socket.To(audience(in.RoomID)).Volatile()
	return none, to.Emit(ctx, "typing", typingChanged{in.RoomID, a.User, in.On})
}
