package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

var stroke = Stroke{Board: "plan", ID: "1", Colour: "#aa00ff", Points: [][2]int{{1, 2}, {3, 4}}}

// visit brings a new client to a board where there are so many strokes.
func visit(t *testing.T, app *confabtest.Server, board string, strokes int) *realtimetest.Client {
	t.Helper()
	client := app.Connect("/boards", nil)
	var found int
	if err := client.EmitWithAck("load", &found, Board{board}); err != nil || found != strokes {
		t.Fatalf("found %d strokes, not %d: %v", found, strokes, err)
	}
	return client
}

func draw(t *testing.T, client *realtimetest.Client) {
	t.Helper()
	if err := client.EmitWithAck("draw", nil, stroke); err != nil {
		t.Fatal(err)
	}
}

func TestAStrokeIsShownToTheOthersAtTheBoardAndStays(t *testing.T) {
	app := confabtest.New(t, Whiteboard)
	ada, bob := visit(t, app, "plan", 0), visit(t, app, "plan", 0)
	draw(t, ada)
	bob.Expect("drawn", []Stroke{stroke})
	draw(t, ada) // as if the answer had been lost
	bob.Expect("drawn", []Stroke{stroke})
	visit(t, app, "plan", 1).Expect("drawn", []Stroke{stroke})
	visit(t, app, "other", 0).ExpectNone()
	ada.ExpectNone()
}

func TestALineOfSocketIOsOwnPageIsShownToAllOthers(t *testing.T) {
	app := confabtest.New(t, Whiteboard)
	ada, bob := app.Connect("/", nil), app.Connect("/", nil)
	line := Line{0.25, 0.5, 0.75, 1, "red"}
	ada.Emit("drawing", line)
	bob.Expect("drawing", line)
	ada.ExpectNone()
}

func TestABoardIsClearedByHTTP(t *testing.T) {
	app := confabtest.New(t, Whiteboard)
	ada := visit(t, app, "plan", 0)
	draw(t, ada)
	for path, want := range map[string]int{"/boards/plan/strokes": http.StatusNoContent, "/boards/Plan!/strokes": http.StatusBadRequest} {
		if got := app.Request(http.MethodDelete, path, nil); got.Code != want {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
	ada.Expect("cleared", Board{"plan"})
	ada.ExpectNone()
	visit(t, app, "plan", 0)
}

func TestABoardExpiresThatNobodyComesTo(t *testing.T) {
	for away, left := range map[time.Duration]int{time.Hour: 0, 59 * time.Minute: 1} {
		app := confabtest.New(t, Whiteboard, confabtest.Variables{"KEEP": "1h"})
		draw(t, visit(t, app, "plan", 0))
		app.Clock.Advance(away)
		if err := app.Run("expire"); err != nil {
			t.Fatal(err)
		}
		visit(t, app, "plan", left)
	}
}
