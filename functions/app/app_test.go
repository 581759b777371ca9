package app_test

import (
	"testing"

	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

func TestPlayersHearWhoEntersTheirTable(t *testing.T) {
	srv := realtimetest.New(t, app.Register)
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
