package main

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/confab-chat/confab/shared/confab"
)

// Seat is where a player plays: a socket's data.
type Seat struct {
	Room   string `json:"room"`
	Player string `json:"player"`
}

// View is what players see of a room.
type View struct {
	Round int `json:"round"`
	// Left is in how many milliseconds the round ends. Zero: none is going on. It is no time of day, because the
	// clocks of players differ.
	Left   int64   `json:"left"`
	Scores []Score `json:"scores"`
}

// Guess is what a player has guessed.
type Guess struct {
	Player string `json:"player"`
	Number int    `json:"number"`
	Hint   Hint   `json:"hint"`
}

// Over says how a round ended.
type Over struct {
	// Number is the one that was to be guessed.
	Number int `json:"number"`
	// Winner guessed it. Empty: nobody did in time.
	Winner string `json:"winner,omitempty"`
	View
}

// named is what rooms and players are called. Players see names, and a room has at most as many players as are fun.
var named = regexp.MustCompile(`^[\pL\pN -]{1,20}$`)

const maxPlayers = 100

// Game declares the application.
func Game(app *confab.App) {
	g := &game{app, confab.NewTable[Room](app, "rooms", confab.Key{Partition: "list", Sort: "name"},
		confab.Expire("until"), confab.InEvents.Only("GetItem", "PutItem"), confab.InSchedules.Only("GetItem", "PutItem", "Query"))}
	confab.On(app, "join", g.join)
	confab.On(app, "begin", g.begin)
	confab.On(app, "guess", g.guess)
	confab.On(app, "time is up", g.timeIsUp)
	app.Every("rounds", time.Minute, g.endRounds)
	app.Page("web")
}

type game struct {
	app   *confab.App
	rooms *confab.Table[Room]
}

func (g *game) view(r *Room) View {
	v := View{Round: r.Round, Scores: r.scores()}
	if r.Number != 0 {
		v.Left = max(0, r.Ends-g.app.Now().UnixMilli())
	}
	return v
}

// join seats a player in a room, which is made unless there is one.
func (g *game) join(ctx context.Context, s *confab.Socket, in Seat) (View, error) {
	if !named.MatchString(in.Room) || !named.MatchString(in.Player) {
		return View{}, confab.Errorf("bad_name", "A name has 1 to 20 letters, digits, spaces and \"-\".")
	}
	empty := Room{List: rooms, Name: in.Room, Scores: map[string]int{}}
	if err := g.rooms.Insert(ctx, empty); err != nil && !errors.Is(err, confab.ErrExists) {
		return View{}, err
	}
	r, err := g.rooms.Update(ctx, func(r *Room) error {
		if _, there := r.Scores[in.Player]; !there && len(r.Scores) == maxPlayers {
			return confab.Errorf("full", "The room is full.")
		}
		r.Scores[in.Player] += 0
		r.Until = g.app.Now().Add(kept).Unix()
		return nil
	}, rooms, in.Room)
	if err != nil {
		return View{}, err
	}
	for _, room := range s.Rooms() {
		if room != s.ID() {
			err = errors.Join(err, s.Leave(ctx, room))
		}
	}
	v := g.view(&r)
	return v, errors.Join(err, s.SetData(ctx, in), s.Join(ctx, in.Room), s.To(in.Room).Emit(ctx, "joined", v))
}

// seatOf returns where a socket's player sits.
func seatOf(s *confab.Socket) (seat Seat, err error) {
	if err = s.Data(&seat); err == nil && seat.Room == "" {
		err = confab.Errorf("no_room", "Join a room first.")
	}
	return seat, err
}

// begin begins a round. If the one before should be over, it is ended first: an event comes in time where no timer does.
func (g *game) begin(ctx context.Context, s *confab.Socket, _ confab.None) (confab.None, error) {
	seat, err := seatOf(s)
	if err != nil {
		return confab.None{}, err
	}
	if _, err := g.endIfDue(ctx, seat.Room); err != nil {
		return confab.None{}, err
	}
	r, err := g.rooms.Update(ctx, func(r *Room) error { return r.begin(g.app.Now()) }, rooms, seat.Room)
	if err != nil {
		return confab.None{}, err
	}
	return confab.None{}, g.app.To(seat.Room).Emit(ctx, "round", g.view(&r))
}

// guess shows all players what one has guessed. A guess that comes too late ends the round and is none.
func (g *game) guess(ctx context.Context, s *confab.Socket, number int) (Hint, error) {
	seat, err := seatOf(s)
	if err != nil {
		return "", err
	}
	if _, err := g.endIfDue(ctx, seat.Room); err != nil {
		return "", err
	}
	var hint Hint
	r, err := g.rooms.Update(ctx, func(r *Room) (err error) {
		hint, err = r.guess(seat.Player, number)
		return err
	}, rooms, seat.Room)
	if err != nil {
		return "", err
	}
	err = g.app.To(seat.Room).Emit(ctx, "guessed", Guess{seat.Player, number, hint})
	if hint == Right {
		over := Over{Number: number, Winner: seat.Player, View: g.view(&r)}
		err = errors.Join(err, g.app.To(seat.Room).Emit(ctx, "over", over))
	}
	return hint, err
}

// timeIsUp is what each client says when its countdown is at zero. It is only a hint: the time is the server's. The answer
// is for a client that has missed how the round ended.
func (g *game) timeIsUp(ctx context.Context, s *confab.Socket, _ confab.None) (View, error) {
	seat, err := seatOf(s)
	if err != nil {
		return View{}, err
	}
	r, err := g.endIfDue(ctx, seat.Room)
	return g.view(&r), err
}

// errNotDue leaves a room as it is.
var errNotDue = errors.New("the round is not over")

// endIfDue ends a room's round if its time is over, and returns the room. Of all who ask at the same time, one ends it.
func (g *game) endIfDue(ctx context.Context, room string) (r Room, err error) {
	number := 0
	r, err = g.rooms.Update(ctx, func(r *Room) error {
		if !r.due(g.app.Now()) {
			return errNotDue
		}
		number, r.Number = r.Number, 0
		return nil
	}, rooms, room)
	if errors.Is(err, errNotDue) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, g.app.To(room).Emit(ctx, "over", Over{Number: number, View: g.view(&r)})
}

// endRounds ends the rounds that should be over where nobody said so: all players had left, or their lines broke.
func (g *game) endRounds(ctx context.Context) error {
	var errs []error
	for r, err := range g.rooms.Query(ctx, rooms) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if r.due(g.app.Now()) {
			_, err := g.endIfDue(ctx, r.Name)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
