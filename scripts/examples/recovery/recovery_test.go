package main

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// ping pings all clients a second later, and returns what they hear.
func ping(t *testing.T, app *confabtest.Server) (at string) {
	t.Helper()
	witness := app.Connect("/", nil)
	app.Clock.Advance(time.Second)
	if w := app.Request(http.MethodPost, "/pings", nil); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	witness.Expect("ping", &at)
	witness.Disconnect()
	return at
}

func stateOf(t *testing.T, client *realtimetest.Client) (s State) {
	t.Helper()
	if err := client.EmitWithAck("state", &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAClientThatWasAwayGetsWhatItMissedInOrderWithItsRoomsAndData(t *testing.T) {
	app := confabtest.New(t, Recovery)
	ada := app.Connect("/", nil)
	id, before := ada.ID(), stateOf(t, ada)
	if want := (State{[]string{id, room}, Data{"bar", before.Data.Since}}); !reflect.DeepEqual(before, want) {
		t.Fatalf("a new client has %v, not %v", before, want)
	}
	ada.Expect("ping", ping(t, app))
	for range 2 { // more than once, too
		ada.Cut()
		missed := []string{ping(t, app), ping(t, app)}
		if recovered, err := ada.Reconnect(); err != nil || !recovered || ada.ID() != id {
			t.Fatalf("recovered: %v, as %s, %v", recovered, ada.ID(), err)
		}
		for _, at := range missed {
			ada.Expect("ping", at)
		}
		ada.ExpectNone()
		if after := stateOf(t, ada); !reflect.DeepEqual(after, before) {
			t.Errorf("it has %v, not %v", after, before)
		}
	}
	if err := app.Run("ping"); err != nil {
		t.Fatal(err)
	}
	ada.Expect("ping")
}

func TestAClientThatWasAwayForTooLongBeginsAnew(t *testing.T) {
	app := confabtest.New(t, Recovery)
	ada := app.Connect("/", nil)
	id, before := ada.ID(), stateOf(t, ada)
	ada.Expect("ping", ping(t, app))
	ada.Cut()
	ping(t, app)
	app.Clock.Advance(window)
	if recovered, err := ada.Reconnect(); err != nil || recovered || ada.ID() == id {
		t.Fatalf("recovered: %v, as %s, %v", recovered, ada.ID(), err)
	}
	ada.ExpectNone()
	if after := stateOf(t, ada); after.Data.Since <= before.Data.Since || !reflect.DeepEqual(after.Rooms, []string{ada.ID(), room}) {
		t.Errorf("it has %v, and before %v", after, before)
	}
}
