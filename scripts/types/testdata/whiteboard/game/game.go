// Package game is the other half of the application.
package game

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/realtime"
)

// Status has the same name as that of package board.
type Status struct {
	Players map[string]Player `json:"players"`
	Turn    int               `json:"turn"`
}

// Player is somebody who plays.
type Player struct {
	Name string `json:"name"`
	Best *Move  `json:"best,omitempty"`
}

// Move is a move, and what came before.
type Move struct {
	X, Y     int
	Previous *Move `json:"previous,omitempty"`
}

// Odd makes its JSON itself.
type Odd struct{}

// MarshalJSON implements json.Marshaler.
func (Odd) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

// Score makes its JSON of another type.
type Score struct{ points, of int }

// MarshalJSON implements json.Marshaler.
func (s Score) MarshalJSON() ([]byte, error) {
	if s.of == 0 {
		return nil, errors.New("a score of nothing")
	}
	return json.Marshal([2]int{s.points, s.of})
}

// seat is where somebody plays.
type seat struct {
	*realtime.Socket
	number int
}

func (s *seat) tell(ctx context.Context, what any) error {
	return s.Emit(ctx, "seated", s.number, what)
}

var server *realtime.Server

// Register adds the handlers of games, in "/game" and in those for two.
func Register(app *confab.App) {
	server = app.Server
	games := app.Of("/game/classic")
	handle(games, "move", func(ctx context.Context, s *realtime.Socket, m Move) (Status, error) {
		if err := (&seat{s, 1}).tell(ctx, Score{1, 2}); err != nil {
			return Status{}, err
		}
		return Status{}, s.Namespace().Emit(ctx, "status", Status{})
	})
	handle(games, "resign", resign)
	pairs := app.OfFunc(func(string) bool { return true })
	pairs.HandleAny(func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		return s.Emit(ctx, "echo", e.Args.Any()...)
	})
	games.Handle(os.Args[0], nil)
	for _, event := range []string{"up", "down"} {
		games.Handle(event, func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
	}
}

// handle registers what it is given.
func handle[In, Out any](r realtime.Registrar, event string, h func(context.Context, *realtime.Socket, In) (Out, error)) {
	realtime.On(r, event, h)
}

// resign gives up.
func resign(ctx context.Context, s *realtime.Socket, _ realtime.None) (Odd, error) {
	if s.Recovered() {
		return Odd{}, realtime.Errorf("over", "The game is over.")
	}
	return Odd{}, server.Of("/game/classic").Emit(ctx, "status", "resigned", 1.5)
}
