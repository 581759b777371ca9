// The command whiteboard is an application with everything that types are made of.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"example.com/whiteboard/board"
	"example.com/whiteboard/game"
	"example.com/whiteboard/stats"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/realtime"
)

func main() { confab.Main(Whiteboard) }

// Whiteboard declares the application.
func Whiteboard(app *confab.App) {
	confab.On(app, "hello", hello)
	app.Handle("legacy", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		return s.Send(ctx, "bye", 7)
	})
	app.Handle("join", join)
	app.OnConnection(welcome)
	app.HTTP("DELETE /boards/{id}", clearBoard)
	// Tells how many people are there.
	app.HTTP("GET /stats", func(http.ResponseWriter, *http.Request) {})
	board.Register(app.Of("boards"))
	game.Register(app)
	stats.Register(app.Server)
	app.Every("tick", time.Minute, func(ctx context.Context) error {
		return tell(ctx, app, "lobby", "tick", time.Now())
	})
}

// hello greets.
func hello(_ context.Context, _ *confab.Socket, name string) (string, error) {
	return "Hello, " + name, nil
}

// join has two arguments, and answers with two.
func join(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
	var name string
	var places []int
	if err := errors.Join(e.Args.Decode(0, &name), e.Args.Decode(1, &places)); err != nil {
		return err
	}
	e.Ack(name, len(places))
	return nil
}

// clearBoard removes all strokes.
func clearBoard(http.ResponseWriter, *http.Request) {}

func welcome(ctx context.Context, s *confab.Socket) error {
	if err := s.Emit(ctx, "welcome", []string{"tea", "coffee"}, json.RawMessage(`{}`)); err != nil {
		return err
	}
	return s.Volatile().Emit(ctx, "welcome", nil)
}

// tell emits to a room: its event and its value are known where it is called.
func tell(ctx context.Context, app *confab.App, room, event string, value any) error {
	return app.To(room).Volatile().Emit(ctx, event, value)
}
