// Package board has what people draw.
package board

import (
	"encoding/json"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// ID names a board.
type ID string

// Colour is one of those of the palette.
type Colour string

// The palette.
const (
	Red   Colour = "red"
	Green Colour = "green"
)

// Layer is how far in front something is.
type Layer int

const (
	Back Layer = iota
	Front
)

// Permission is a set of flags.
type Permission int

const (
	MayDraw Permission = 1 << iota
	MayClear
)

// Point is x and y.
type Point [2]float64

// Meta is what all that is drawn has.
type Meta struct {
	// Board is the board, and ID what is drawn on it.
	Board ID        `json:"board"`
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
}

// Author is who draws, if that is known.
type Author struct {
	Name string     `json:"name"`
	From netip.Addr `json:"from,omitzero"`
}

// Stroke is a line that somebody has drawn. Its Points are in pixels, at most a thousand of them, from the top left corner of the board.
type Stroke struct {
	Meta
	*Author
	Points  []Point           `json:"points"`
	Colour  Colour            `json:"colour"`
	Layer   Layer             `json:"layer,omitempty"`
	Label   *string           `json:"label"`
	Erased  *time.Time        `json:"erased,omitempty"`
	Width   float64           `json:"width"`
	Version int64             `json:"version,string"`
	Tags    map[string]string `json:"tags,omitempty"`
	Weights map[Colour]int    `json:"weights"`
	Preview []byte            `json:"preview,omitempty"`
	Picture realtime.Binary   `json:"picture,omitempty"`
	Extra   json.RawMessage   `json:"extra,omitempty"`
	Any     any               `json:"any"`
	// Children are the strokes of a group.
	Children []Stroke `json:"children,omitempty"`
	Size     struct {
		Width int  // In pixels.
		Tall  bool `json:"is-tall"`
	} `json:"size"`
	May    Permission    `json:"may"`
	Fade   time.Duration `json:"fade"`
	Secret string        `json:"-"`
	hidden int
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// Tree is a list of trees.
type Tree []Tree

// Status has the same name as that of package game.
type Status struct {
	Open bool `json:"open"`
}
