// Package scenario has what clients do to a server under load, and what is measured meanwhile. Enter
// at [All]. Each scenario is bounded by a [Load] in clients, rate and time, and ends by itself.
package scenario

import (
	"context"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
)

// Load bounds a scenario.
type Load struct {
	// Clients are those of the echo, Room the members of the room where messages are sent, Crowd
	// the receivers of a broadcast, Connections those that are open at once, and People those who
	// sign in.
	Clients, Room, Crowd, Connections, People int
	// Rate is how many requests a second all clients make together, at most. With zero, each makes
	// its next one when it has the answer.
	Rate int
	// Duration is how long is measured, after a warm-up of a fifth of it.
	Duration time.Duration
	// Settle is how long memory may take to settle before it is measured.
	Settle time.Duration
}

// Scenario is one kind of load.
type Scenario struct {
	// Name is for the command line, and What for people.
	Name, What string
	// Once says that it is measured in the first round alone, because a process that has had the
	// load before has the memory for it already.
	Once bool
	// Run measures a server.
	Run func(ctx context.Context, s *server.Server, l Load) ([]Figure, error)
}

// Figure is something that was measured.
type Figure struct {
	Name, Unit string
	Value      float64
}

// All are the scenarios, in the order in which they run.
var All = []Scenario{
	{Name: "crowd", What: "many connections, idle, cut at once, and back at once", Once: true, Run: crowd},
	{Name: "people", What: "guests who sign in and connect to the chat", Run: people},
	{Name: "echo", What: "an event and its acknowledgement", Run: echo},
	{Name: "broadcast", What: "one event to everybody in a large room, again when all have it", Run: broadcast},
	{Name: "messages", What: "messages of the chat in one room, stored and acknowledged, each to all members", Run: messages},
}

const mega = 1e6

// milliseconds returns a duration for a Figure.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
