package chat

import (
	"context"
	"log/slog"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// core is what all parts of the chat share.
type core struct {
	store  Store
	server *realtime.Server
	log    *slog.Logger
	now    func() time.Time
	// tells says who is told of people's presence.
	tells mode.Presence
}

// actor is the user who asks for an operation, by a socket or by HTTP.
type actor struct {
	User
	// socket is nil for HTTP.
	socket *realtime.Socket
	// since is when the actor signed in.
	since time.Time
	// at is when API Gateway received the request; zero for HTTP.
	at time.Time
}

// askedAt is when the actor asked: it orders the changes of a membership.
func (c *core) askedAt(a actor) time.Time {
	if a.at.IsZero() {
		return At(c.now()).Time
	}
	return At(a.at).Time
}

// inRoom reports whether the actor's socket is in a room's audience. A member's may be
// missing there, and HTTP has none, so false proves nothing.
func (a actor) inRoom(roomID string) bool {
	return a.socket != nil && a.socket.InRoom(audience(roomID))
}

// authorize returns an error unless the actor is a member of a room. What the actor's socket
// remembers does not count.
func (c *core) authorize(ctx context.Context, a actor, roomID string) error {
	member, err := c.store.IsMember(ctx, roomID, a.ID)
	if err != nil {
		return err
	}
	if a.socket != nil && member != a.inRoom(roomID) {
		// Half of a join or leave. Repair it on the way.
		if member, err = c.follow(ctx, roomID, a.ID); err != nil {
			return err
		}
	}
	if !member {
		return errForbidden
	}
	return nil
}

// presences returns the presence of users, by their ids. Nobody is there if it is off.
func (c *core) presences(ctx context.Context, userIDs []string) (map[string]Presence, error) {
	if c.tells == mode.NoPresence || len(userIDs) == 0 {
		return map[string]Presence{}, nil
	}
	return c.store.Presences(ctx, userIDs, c.now())
}

// on registers an operation as an event.
func on[In, Out any](server *realtime.Server, o Operation, operation func(context.Context, actor, In) (Out, error)) {
	server.SetPrice(o.Name, o.Price)
	server.Handle(o.Name, func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		in, err := requestOf[In](e)
		if err != nil {
			return err
		}
		var p person
		if err := s.Data(&p); err != nil {
			return err
		}
		a := actor{User: p.User, since: p.since(), socket: s, at: e.At}
		out, err := operation(ctx, a, in)
		if err != nil {
			return refusal(err)
		}
		e.Ack(success{out})
		return nil
	})
}

// The realtime rooms of the chat: audience has the sockets of a chat room's members,
// devices those of a user.
func audience(roomID string) string { return "room:" + roomID }
func devices(userID string) string  { return "user:" + userID }
