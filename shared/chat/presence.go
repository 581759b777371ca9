package chat

import (
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Presence is whether a user is online.
type Presence struct {
	Name   string `json:"-"`
	Online bool   `json:"online"`
	// Version orders what clients hear about a user: the largest is the present.
	Version int64 `json:"version"`
	// LastSeen is when the user's last socket ended. It is zero while they are online.
	LastSeen Time `json:"lastSeen,omitzero"`
	// Told: others believe that the user is online.
	Told bool `json:"-"`
	// Sockets are the keys of the user's sockets, with those that have expired, in order.
	Sockets []string `json:"-"`
	// Last is the transition that led here.
	Last Transition `json:"-"`
}

// PresenceOf returns a user's presence after a transition. A user whose last socket is gone is
// online until others are told, with the version of before: they may come back meanwhile, and
// then nobody is told anything.
func PresenceOf(name string, t Transition, sockets []string) Presence {
	slices.Sort(sockets)
	p := Presence{Name: name, Version: t.Version, Told: t.Told, Sockets: sockets, Last: t}
	switch {
	case t.Others > 0:
		p.Online = true
	case t.Told:
		p.Online, p.Version = true, t.Version-1
	default:
		p.LastSeen = t.LastSeen
	}
	return p
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
	others     *teller
	maxSockets int
	// grace is how long a user may be gone before others are told.
	grace time.Duration
}

// socketLifetime is how long a socket counts if its end is never heard of: a little longer
// than the two hours of API Gateway.
const socketLifetime = 2*time.Hour + 15*time.Minute

// arrive brings a user online with their first socket. The sweep tells others, of all who have come since the
// one before.
func (p *presence) arrive(ctx context.Context, s *realtime.Socket) error {
	var who person
	if err := s.Data(&who); err != nil {
		return err
	}
	user, now := who.User, p.now()
	check := checkOf(s, user, now)
	if err := p.store.NoteCheck(ctx, check); err != nil {
		return err
	}
	signedOut, err := p.followRooms(ctx, s, user)
	if err != nil {
		return err
	}
	if isSignedOut(who.since(), signedOut) { // since the middleware has looked
		return errSignedOut
	}
	t, err := p.store.Online(ctx, user, check.Key(), now, now.Add(socketLifetime))
	if err != nil {
		return err
	}
	p.log.InfoContext(ctx, "connected", "user", user.ID, "connection", s.ConnectionID(), "sockets", t.Others+1)
	if t.Others >= p.maxSockets {
		return errTooManySockets
	}
	return nil
}

func checkOf(s *realtime.Socket, user User, due time.Time) Check {
	return Check{User: user, ConnectionID: s.ConnectionID(), SocketID: s.ID(), Due: At(due).Time}
}

// depart takes a user offline with their last socket: at once if they left on purpose. If their
// line was lost, they may come back, and the sweep looks whether they have.
func (p *presence) depart(ctx context.Context, s *realtime.Socket, reason realtime.Reason) error {
	var user User
	if err := s.Data(&user); err != nil {
		return err
	}
	check := checkOf(s, user, time.Time{})
	t, err := p.store.Offline(ctx, user.ID, check.Key(), At(p.now()).Time)
	switch {
	case err != nil:
		return err
	case t.Others > 0 || t.Version == 0 || p.tells == mode.NoPresence:
		return nil
	case p.grace > 0 && !onPurpose(reason) && !s.EndingWasCutShort():
		check.Due, check.Lost = t.LastSeen.Add(p.grace), true
		return p.store.NoteCheck(ctx, check)
	}
	return p.takeOffline(ctx, user, t)
}

// onPurpose reports whether a socket that ends for this reason does not come back by itself.
func onPurpose(reason realtime.Reason) bool {
	return reason == realtime.ClientNamespaceDisconnect || reason == realtime.ServerNamespaceDisconnect
}

// takeOffline tells others that a user is offline, unless a socket of theirs has come since the
// transition. It may run again after it died half-way; clients recognize what they hear twice
// by its version.
func (p *presence) takeOffline(ctx context.Context, u User, t Transition) error {
	current, err := p.store.SetTold(ctx, u.ID, t.Version, false)
	if err != nil || !current {
		return err
	}
	return p.others.tell(ctx, []presenceChange{offline(u, t)})
}

// offline is that a user is offline since a transition.
func offline(u User, t Transition) presenceChange {
	return presenceChange{user: u, now: Presence{Version: t.Version, LastSeen: t.LastSeen}}
}

// query returns the presence of users. A stranger seems to be somebody who was never there.
func (p *presence) query(ctx context.Context, a actor, in PresenceQuery) (presenceResult, error) {
	if len(in.UserIDs) > maxPresences {
		return presenceResult{}, realtime.Errorf(realtime.CodeTooLarge, "Ask about at most %d people at a time.", maxPresences)
	}
	for _, id := range in.UserIDs {
		if err := checkID("user", id); err != nil {
			return presenceResult{}, err
		}
	}
	if err := spendReads(ctx, len(in.UserIDs)); err != nil {
		return presenceResult{}, err
	}
	known := in.UserIDs
	if p.tells != mode.PresenceToEveryone {
		var err error
		if known, err = p.acquaintances(ctx, a.ID, in.UserIDs); err != nil {
			return presenceResult{}, err
		}
	}
	result, err := p.presenceOf(ctx, known)
	for _, id := range in.UserIDs {
		if _, ok := result.Users[id]; !ok && err == nil {
			result.Users[id] = Presence{}
		}
	}
	return result, err
}

// presenceOf returns the presence of each of the users.
func (p *presence) presenceOf(ctx context.Context, ids []string) (presenceResult, error) {
	found, err := p.presences(ctx, ids)
	if err != nil {
		return presenceResult{}, err
	}
	users := make(map[string]Presence, len(ids))
	for _, id := range ids {
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

// typing tells the other members whether the actor is typing, unless they have been told just
// now.
func (p *presence) typing(ctx context.Context, a actor, in Typing) (struct{}, error) {
	none := struct{}{}
	if err := checkID("room", in.RoomID); err != nil {
		return none, err
	}
	member, news, err := p.store.Type(ctx, in.RoomID, a.ID, in.On, p.now())
	if err != nil {
		return none, err
	}
	if a.socket != nil && member != a.inRoom(in.RoomID) { // it repairs that
		if err := p.authorize(ctx, a, in.RoomID); err != nil {
			return none, err
		}
	}
	if !member {
		return none, errForbidden
	}
	if !news {
		return none, nil
	}
	to := p.server.To(audience(in.RoomID)).Except(devices(a.ID)).Volatile()
	return none, to.Emit(ctx, "typing", typingChanged{in.RoomID, a.User, in.On})
}
