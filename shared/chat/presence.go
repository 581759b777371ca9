package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
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
	LastSeen Time `json:"lastSeen,omitzero"`
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
	User     User  `json:"user"`
	Version  int64 `json:"version"`
	LastSeen Time  `json:"lastSeen,omitzero"`
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
	if err := c.settle(ctx, s, user); err != nil {
		return err
	}
	now := c.now()
	t, err := c.store.Online(ctx, user, s.ID(), now, now.Add(socketLifetime))
	if err != nil {
		return err
	}
	c.log.InfoContext(ctx, "connected", "user", user.ID, "connection", s.ConnectionID(), "sockets", t.Others+1)
	switch {
	case t.Others >= c.maxSockets:
		return errTooManySockets
	case t.Others > 0:
		return nil
	}
	return c.server.Emit(ctx, "userOnline", presenceChanged{User: user, Version: t.Version})
}

// settleAttempts bounds how often the rooms of a user may change while one of their
// devices connects.
const settleAttempts = 5

// settle makes the socket's rooms those of its user. Somebody who joined or left a room
// while the socket was being admitted, or was away to recover, did not find it among
// the user's devices; from here on they do.
func (c *Chat) settle(ctx context.Context, s *realtime.Socket, user User) error {
	for range settleAttempts {
		ids, err := c.store.RoomsOf(ctx, user.ID)
		if err != nil {
			return err
		}
		var joins, leaves []string
		for _, id := range ids {
			if room := audience(id); !s.InRoom(room) {
				joins = append(joins, room)
			}
		}
		for _, room := range s.Rooms() {
			if id, ok := strings.CutPrefix(room, audience("")); ok && !slices.Contains(ids, id) {
				leaves = append(leaves, room)
			}
		}
		if len(joins)+len(leaves) == 0 {
			return nil
		}
		if err := errors.Join(s.Join(ctx, joins...), s.Leave(ctx, leaves...)); err != nil {
			return err
		}
	}
	return realtime.Unavailable(errors.New("the rooms of a user keep changing"))
}

// depart takes a user offline with their last socket. It may run again after it died
// half-way: whoever hears the same twice sees that by the version.
func (c *Chat) depart(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	now := At(c.now())
	t, err := c.store.Offline(ctx, user.ID, s.ID(), now.Time)
	if err != nil {
		return err
	}
	if t.Others > 0 || t.Version == 0 {
		return nil
	}
	return c.server.Emit(ctx, "userOffline", presenceChanged{User: user, Version: t.Version, LastSeen: now})
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
	to := c.server.To(audience(in.RoomID)).Except(devices(a.ID)).Volatile()
	return none, to.Emit(ctx, "typing", typingChanged{in.RoomID, a.User, in.On})
}
