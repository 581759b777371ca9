// Package app holds your own event handlers. They run beside the chat's, locally and on
// AWS.
package app

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
)

// Register adds the application's handlers. The root namespace belongs to the chat; every
// other one is yours. /game is an example: a player enters a table, and the other players
// there are told.
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
