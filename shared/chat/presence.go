package chat

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// Presence is whether a user is online.
type Presence struct {
	Name   string `json:"-"`
	Online bool   `json:"online"`
	// Version orders what clients hear about a user: the largest is the present.
	Version int64 `json:"version"`
	// LastSeen is when the user's last socket ended. It is zero while they are online.
	LastSeen Time `json:"lastSeen,omitzero"`
}

// PresenceQuery asks for the presence of users.
type PresenceQuery struct {
	UserIDs []string `json:"userIds"`
}

// presenceResult has an entry for every user of the query.
type presenceResult struct {
	Users map[string]Presence `json:"users"`
}

// presence knows who is online, and who is typing.
type presence struct {
	*core
	maxSockets int
}

// presenceChanged is the data of userOnline and userOffline.
type presenceChanged struct {
	User     User  `json:"user"`
	Version  int64 `json:"version"`
	LastSeen Time  `json:"lastSeen,omitzero"`
}

// socketLifetime is how long a socket counts if its end is never heard of: a little longer
// than the two hours of API Gateway.
const socketLifetime = 2*time.Hour + 15*time.Minute

// arrive brings a user online with their first socket.
func (p *presence) arrive(ctx context.Context, s *realtime.Socket) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	if err := p.followRooms(ctx, s, user); err != nil {
		return err
	}
	now := p.now()
	t, err := p.store.Online(ctx, user, s.ID(), now, now.Add(socketLifetime))
	if err != nil {
		return err
	}
	p.log.InfoContext(ctx, "connected", "user", user.ID, "connection", s.ConnectionID(), "sockets", t.Others+1)
	switch {
	case t.Others >= p.maxSockets:
		return errTooManySockets
	case t.Others > 0:
		return nil
	}
	return p.server.Emit(ctx, "userOnline", presenceChanged{User: user, Version: t.Version})
}

// depart takes a user offline with their last socket. It runs again if it died half-way;
// clients recognize what they hear twice by its version.
func (p *presence) depart(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	now := At(p.now())
	t, err := p.store.Offline(ctx, user.ID, s.ID(), now.Time)
	if err != nil {
		return err
	}
	if t.Others > 0 || t.Version == 0 {
		return nil
	}
	return p.server.Emit(ctx, "userOffline", presenceChanged{User: user, Version: t.Version, LastSeen: now})
}

// query returns the presence of users.
func (p *presence) query(ctx context.Context, _ actor, in PresenceQuery) (presenceResult, error) {
	if len(in.UserIDs) > maxPresences {
		return presenceResult{}, realtime.Errorf(realtime.CodeTooLarge, "Ask about at most %d people at a time.", maxPresences)
	}
	for _, id := range in.UserIDs {
		if err := checkID("user", id); err != nil {
			return presenceResult{}, err
		}
	}
	found, err := p.store.Presences(ctx, in.UserIDs, p.now())
	if err != nil {
		return presenceResult{}, err
	}
	users := make(map[string]Presence, len(in.UserIDs))
	for _, id := range in.UserIDs {
		users[id] = found[id]
	}
	return presenceResult{users}, nil
}

// UserRef names the user of a request.
type UserRef struct {
	UserID string `json:"userId"`
}

// queryOne returns the presence of one user.
func (p *presence) queryOne(ctx context.Context, a actor, in UserRef) (Presence, error) {
	found, err := p.query(ctx, a, PresenceQuery{UserIDs: []string{in.UserID}})
	return found.Users[in.UserID], err
}

// Typing says whether the actor is typing in a room.
type Typing struct {
	RoomID string `json:"roomId"`
	On     bool   `json:"on"`
}

type typingChanged struct {
	RoomID string `json:"roomId"`
	User   User   `json:"user"`
	On     bool   `json:"on"`
}

// typing tells the other members whether the actor is typing.
func (p *presence) typing(ctx context.Context, a actor, in Typing) (struct{}, error) {
	none := struct{}{}
	if err := checkID("room", in.RoomID); err != nil {
		return none, err
	}
	if err := p.authorize(ctx, a, in.RoomID); err != nil {
		return none, err
	}
	to := p.server.To(audience(in.RoomID)).Except(devices(a.ID)).Volatile()
	return none, to.Emit(ctx, "typing", typingChanged{in.RoomID, a.User, in.On})
}
