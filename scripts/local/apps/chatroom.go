package apps

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// Chatroom is Socket.IO's introductory example: one room, names, and who is typing. The
// original keeps its state in variables. Here a user's name is in the socket's data, and the
// number of users is the number of sockets in a room.
func Chatroom(srv *realtime.Server) {
	const users = "users"
	type none = realtime.None
	type user struct {
		Username string `json:"username"`
	}
	type arrival struct {
		Username string `json:"username,omitempty"`
		NumUsers int    `json:"numUsers"`
	}
	type message struct {
		Username string `json:"username"`
		Message  string `json:"message,omitempty"`
	}
	count := func(ctx context.Context) (int, error) {
		there, err := srv.In(users).FetchSockets(ctx)
		return len(there), err
	}

	realtime.On(srv, "add user", func(ctx context.Context, s *realtime.Socket, name string) (none, error) {
		if err := errors.Join(s.SetData(ctx, user{name}), s.Join(ctx, users)); err != nil {
			return none{}, err
		}
		n, err := count(ctx)
		if err != nil {
			return none{}, err
		}
		err = s.Emit(ctx, "login", arrival{NumUsers: n})
		return none{}, errors.Join(err, s.Broadcast().Emit(ctx, "user joined", arrival{name, n}))
	})

	// tell broadcasts an event with the name of a socket's user.
	tell := func(ctx context.Context, s *realtime.Socket, event, text string) (none, error) {
		var u user
		if err := s.Data(&u); err != nil {
			return none{}, err
		}
		return none{}, s.Broadcast().Emit(ctx, event, message{u.Username, text})
	}
	realtime.On(srv, "new message", func(ctx context.Context, s *realtime.Socket, text string) (none, error) {
		return tell(ctx, s, "new message", text)
	})
	for _, event := range []string{"typing", "stop typing"} {
		realtime.On(srv, event, func(ctx context.Context, s *realtime.Socket, _ none) (none, error) {
			return tell(ctx, s, event, "")
		})
	}

	srv.OnDisconnect(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		var u user
		if err := s.Data(&u); err != nil || u.Username == "" {
			return err
		}
		n, err := count(ctx)
		return errors.Join(err, s.Broadcast().Emit(ctx, "user left", arrival{u.Username, n}))
	})
}
