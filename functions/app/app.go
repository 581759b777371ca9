// Package app is the place for your own event handlers. They run beside the
// chat's, in every function, locally and on AWS.
package app

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// Register adds the application's handlers. The root namespace is the chat's; every
// other is yours. This one is an example: players enter a table, and those who sit
// there hear of it.
func Register(srv *realtime.Server) {
	game := srv.Of("/game")
	realtime.On(game, "enter", func(ctx context.Context, s *realtime.Socket, table string) (int, error) {
		if err := s.Join(ctx, table); err != nil {
			return 0, err
		}
		players, err := game.In(table).FetchSockets(ctx)
		return len(players), errors.Join(err, s.To(table).Emit(ctx, "entered", s.ID()))
	})
}
