package app_test

import (
	"context"
	"errors"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// Register is an example: a player enters a table, and the other players there are told.
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

func TestPlayersHearWhoEntersTheirTable(t *testing.T) {
	srv := realtimetest.New(t, Register)
	ada, bob := srv.Connect("/game", nil), srv.Connect("/game", nil)
	for i, player := range []*realtimetest.Client{ada, bob} {
		var players int
		if err := player.EmitWithAck("enter", &players, "table-7"); err != nil || players != i+1 {
			t.Errorf("got %d players, %v", players, err)
		}
	}
	ada.Expect("entered", bob.ID())
	bob.ExpectNone()
}
