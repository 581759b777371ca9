package chat

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
)

// Options configure a Chat. Store, Verifier and Server are required.
type Options struct {
	Store    Store
	Verifier auth.Verifier
	// Guests issues tokens to whoever gives a name; nil: nobody gets one here.
	Guests Issuer
	// OIDC tells the page where to sign in; nil: nowhere. Its tokens are the Verifier's.
	OIDC   *OIDC
	Server *realtime.Server
	// MaxSockets bounds the sockets of a user: 1,000. One more is disconnected.
	MaxSockets int
	// Log takes what operators need to know: slog.Default().
	Log *slog.Logger
	// Now is the clock: time.Now.
	Now func() time.Time
}

// Issuer signs guests in; auth.Guests does.
type Issuer interface {
	Issue(name string) (token string, id auth.Identity, err error)
}

// Chat is the chat's rules. It is safe for concurrent use.
type Chat struct {
	store      Store
	verifier   auth.Verifier
	guests     Issuer
	oidc       *OIDC
	server     *realtime.Server
	maxSockets int
	log        *slog.Logger
	now        func() time.Time
}

// User is somebody who takes part.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// New returns a chat.
func New(o Options) *Chat {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxSockets == 0 {
		o.MaxSockets = 1000
	}
	return &Chat{
		store: o.Store, verifier: o.Verifier, guests: o.Guests, oidc: o.OIDC, server: o.Server,
		maxSockets: o.MaxSockets, log: o.Log, now: o.Now,
	}
}

// Register adds the chat to the root namespace of its server. The chat's middleware
// there admits nobody without a valid token.
func (c *Chat) Register() {
	srv := c.server
	srv.Use(c.authenticate)
	srv.OnConnection(c.arrive)
	srv.OnDisconnect(c.depart)
	on(c, "createRoom", c.createRoom)
	on(c, "joinRoom", c.joinRoom)
	on(c, "leaveRoom", c.leaveRoom)
	on(c, "listRooms", c.listRooms)
	on(c, "sendMessage", c.sendMessage)
	on(c, "history", c.history)
	on(c, "presence", c.presence)
	on(c, "typing", c.typing)
	on(c, "refreshToken", c.refreshToken)
}

// actor is who asks for something: a user, by a socket or by HTTP.
type actor struct {
	User
	// socket is nil for HTTP.
	socket *realtime.Socket
}

// inRoom reports whether the actor's session says that they are a member. It may say
// no, or be unable to say anything, although they are.
func (a actor) inRoom(roomID string) bool {
	return a.socket != nil && a.socket.InRoom(audience(roomID))
}

// on registers an operation as an event.
func on[In, Out any](c *Chat, event string, operation func(context.Context, actor, In) (Out, error)) {
	realtime.On(c.server, event, func(ctx context.Context, s *realtime.Socket, in In) (success, error) {
		a := actor{socket: s}
		if err := s.Data(&a.User); err != nil {
			return success{}, err
		}
		out, err := operation(ctx, a, in)
		return success{out}, refusal(err)
	})
}

// The realtime rooms that the chat uses: one for the sockets of a chat room's members
// and one for the devices of a user.
func audience(roomID string) string { return "room:" + roomID }
func devices(userID string) string  { return "user:" + userID }

// authenticate admits a socket whose token is valid, for as long as that is, and puts it
// into its rooms.
func (c *Chat) authenticate(ctx context.Context, s *realtime.Socket) error {
	var credentials struct {
		Token string `json:"token"`
	}
	if err := s.Handshake().DecodeAuth(&credentials); err != nil {
		return errUnauthorized
	}
	id, err := c.identify(ctx, credentials.Token)
	if err != nil {
		return err
	}
	user := User{ID: id.ID, Name: id.Name}
	// A session that is recovered has the rooms of whoever it was.
	var before User
	if err := s.Data(&before); err != nil {
		return err
	}
	if before.ID != "" && before.ID != user.ID {
		return errUnauthorized
	}
	ids, err := c.store.RoomsOf(ctx, user.ID)
	if err != nil {
		return err
	}
	rooms := []string{devices(user.ID)}
	for _, id := range ids {
		rooms = append(rooms, audience(id))
	}
	// Of a recovered session, what was said meanwhile in rooms that were left is not theirs.
	left := slices.DeleteFunc(s.Rooms(), func(room string) bool { return slices.Contains(rooms, room) })
	return errors.Join(s.SetData(ctx, user), s.SetExpiry(ctx, id.Expires), s.Leave(ctx, left...), s.Join(ctx, rooms...))
}
