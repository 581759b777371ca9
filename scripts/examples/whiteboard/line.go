package main

import (
	"context"

	"github.com/confab-chat/confab/shared/confab"
)

// Line is what the page of Socket.IO's own whiteboard draws. Places are parts of the canvas's width and height.
type Line struct {
	X0    float64 `json:"x0"`
	Y0    float64 `json:"y0"`
	X1    float64 `json:"x1"`
	Y1    float64 `json:"y1"`
	Color string  `json:"color"`
}

// relay shows a line to all others, as the server of that page does. Nothing keeps it.
func relay(ctx context.Context, s *confab.Socket, in Line) (confab.None, error) {
	return confab.None{}, s.Broadcast().Emit(ctx, "drawing", in)
}
