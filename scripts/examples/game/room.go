package main

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/confab"
)

const (
	// highest is the highest number that may be the one to guess.
	highest = 100
	// roundTime is how long a round takes at most.
	roundTime = 30 * time.Second
	// kept is how long a room is remembered.
	kept = 7 * 24 * time.Hour
)

// Room is where players guess. All rooms are in one partition, for the schedule to find.
type Room struct {
	List string `json:"list"`
	Name string `json:"name"`
	// Round counts the rounds. The one that was begun last has a Number, unless it is over.
	Round  int `json:"round"`
	Number int `json:"number,omitempty"`
	// Ends is when the round does, in milliseconds since 1970. This is the timer.
	Ends int64 `json:"ends,omitempty"`
	// Scores are how many rounds each player has won.
	Scores map[string]int `json:"scores"`
	// Until is the second at which a room is forgotten that nobody joins.
	Until int64 `json:"until"`
}

// rooms is the partition of them.
const rooms = "all"

// begin begins a round, unless one is going on.
func (r *Room) begin(now time.Time) error {
	if r.Number != 0 {
		return confab.Errorf("going_on", "A round is going on.")
	}
	r.Round++
	r.Number, r.Ends = 1+rand.N(highest), now.Add(roundTime).UnixMilli()
	return nil
}

// due reports whether the round's time is over, and nobody has ended it yet.
func (r *Room) due(now time.Time) bool { return r.Number != 0 && now.UnixMilli() >= r.Ends }

// guess compares a guess with the number: Hint says how. Whoever is right wins the round, which ends.
func (r *Room) guess(player string, guessed int) (Hint, error) {
	if r.Number == 0 {
		return "", confab.Errorf("no_round", "No round is going on.")
	}
	switch c := cmp.Compare(r.Number, guessed); {
	case c < 0:
		return Lower, nil
	case c > 0:
		return Higher, nil
	}
	r.Scores[player]++
	r.Number = 0
	return Right, nil
}

// Hint says where the number is.
type Hint string

// The hints.
const (
	Lower  Hint = "lower"
	Higher Hint = "higher"
	Right  Hint = "right"
)

// Score is how many rounds a player has won.
type Score struct {
	Player string `json:"player"`
	Rounds int    `json:"rounds"`
}

// scores lists them, the best first.
func (r *Room) scores() []Score {
	all := []Score{}
	for _, player := range slices.Sorted(maps.Keys(r.Scores)) {
		all = append(all, Score{player, r.Scores[player]})
	}
	slices.SortStableFunc(all, func(a, b Score) int { return cmp.Compare(b.Rounds, a.Rounds) })
	return all
}
