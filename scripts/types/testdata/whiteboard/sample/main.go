// The command sample writes values of the whiteboard's types as encoding/json does: the zero value of each type, and one
// in which everything is set.
package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"time"

	"example.com/whiteboard/board"
	"example.com/whiteboard/game"
)

func main() {
	label, at := "a", time.Unix(1, 2)
	from := netip.MustParseAddr("::1")
	stroke := board.Stroke{
		Meta: board.Meta{Board: "a", ID: "1", At: at}, Author: &board.Author{Name: "Ada", From: from},
		Points: []board.Point{{1, 2.5}}, Colour: board.Red, Layer: board.Front, Label: &label, Erased: &at, Width: 1.5, Version: 7,
		Tags: map[string]string{"a": "b"}, Weights: map[board.Colour]int{board.Green: 1}, Preview: []byte("\x00\xff"),
		Extra: json.RawMessage(`[1]`), Any: []any{1, "a", nil}, Children: []board.Stroke{{Colour: board.Green}},
		May: board.MayDraw | board.MayClear, Fade: time.Second, Secret: "secret",
	}
	move := game.Move{X: 1, Y: 2, Previous: &game.Move{}}
	values := map[string][]any{
		"Answer":      {board.Answer{}, board.Answer{Ready: true}},
		"BoardStatus": {board.Status{}, board.Status{Open: true}},
		"Colour":      {board.Red, board.Green},
		"GameStatus":  {game.Status{}, game.Status{Players: map[string]game.Player{"a": {"Ada", &move}}, Turn: 1}},
		"ID":          {board.ID(""), board.ID("a")},
		"Layer":       {board.Back, board.Front},
		"Move":        {game.Move{}, move},
		"PageStroke":  {board.Page[board.Stroke]{}, board.Page[board.Stroke]{Items: []board.Stroke{stroke}, Next: "2"}},
		"Permission":  {board.Permission(0), board.MayDraw | board.MayClear},
		"Player":      {game.Player{}, game.Player{Name: "Ada", Best: &move}},
		"Point":       {board.Point{}, board.Point{-1.5, 1e9}},
		"Stroke":      {board.Stroke{Colour: board.Red}, stroke},
		"Tree":        {board.Tree{}, board.Tree{{}, nil, {{}}}},
	}
	if err := json.NewEncoder(os.Stdout).Encode(values); err != nil {
		panic(err)
	}
}
