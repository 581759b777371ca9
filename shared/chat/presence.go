package chat

import (
	"context"
	"errors"
	"slices"
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
	now := p.now()
	arrival := arrivalOf(s, user, now)
	if err := p.store.NoteArrival(ctx, arrival); err != nil {
		return err
	}
	if err := p.followRooms(ctx, s, user); err != nil {
		return err
	}
	t, err := p.store.Online(ctx, user, arrival.Key(), now, now.Add(socketLifetime))
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

func arrivalOf(s *realtime.Socket, user User, now time.Time) Arrival {
	return Arrival{User: user, ConnectionID: s.ConnectionID(), SocketID: s.ID(), At: At(now).Time}
}

// depart takes a user offline with their last socket.
func (p *presence) depart(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	return p.takeOffline(ctx, arrivalOf(s, user, p.now()))
}

// takeOffline takes a user offline if a socket was their last. It may run again after it died
// half-way; clients recognize what they hear twice by its version.
func (p *presence) takeOffline(ctx context.Context, a Arrival) error {
	now := At(p.now())
	t, err := p.store.Offline(ctx, a.User.ID, a.Key(), now.Time)
	if err != nil {
		return err
	}
	if t.Others > 0 || t.Version == 0 {
		return nil
	}
	return p.server.Emit(ctx, "userOffline", presenceChanged{User: a.User, Version: t.Version, LastSeen: now})
}

// arrivalsAtOnce is how many arrivals the sweep looks up at a time.
const arrivalsAtOnce = 100

// repair takes offline whoever came online with a socket that had ended by then. The sweep
// calls it on each run. It looks at an arrival once, when its function has ended for certain.
func (p *presence) repair(ctx context.Context) error {
	arrivals, err := p.store.Arrivals(ctx, p.now().Add(-changeLease))
	if err != nil {
		return err
	}
	var errs []error
	for chunk := range slices.Chunk(arrivals, arrivalsAtOnce) {
		errs = append(errs, p.repairArrivals(ctx, chunk))
	}
	return errors.Join(errs...)
}

func (p *presence) repairArrivals(ctx context.Context, arrivals []Arrival) error {
	var ids []string
	for _, a := range arrivals {
		ids = append(ids, a.SocketID)
	}
	sockets, err := p.server.In(ids...).FetchSockets(ctx)
	if err != nil {
		return err
	}
	lives := map[string]bool{}
	for _, s := range sockets {
		lives[Arrival{ConnectionID: s.ConnectionID, SocketID: s.ID}.Key()] = true
	}
	for _, a := range arrivals {
		if lives[a.Key()] {
			continue
		}
		if err := p.takeOffline(ctx, a); err != nil {
			return err
		}
	}
	return p.store.ForgetArrivals(ctx, arrivals)
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
