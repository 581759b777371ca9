package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/confab-chat/confab/shared/confab"
)

// Stroke is a line that somebody has drawn.
type Stroke struct {
	Board string `json:"board"`
	// ID is the client's, so a stroke that is sent again is the same one. Strokes are in the order of their ids.
	ID     string   `json:"id"`
	Colour string   `json:"colour"`
	Points [][2]int `json:"points"`
}

// Visit says when somebody came to a board last. All visits are in one partition, for the schedule to find.
type Visit struct {
	List  string `json:"list"`
	Board string `json:"board"`
	// At is in seconds since 1970.
	At int64 `json:"at"`
}

// visits is the partition of them.
const visits = "all"

// Board names a board.
type Board struct {
	Board string `json:"board"`
}

const (
	// maxPoints bounds a stroke.
	maxPoints = 200
	// batch is how many strokes a client gets at once: fewer than fill the 128 KB that a message may have.
	batch = 30
)

var (
	boardNames  = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	strokeIDs   = regexp.MustCompile(`^[a-zA-Z0-9-]{1,40}$`)
	colours     = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	errBadBoard = confab.Errorf("bad_board", "A board's name has up to 40 of a-z, 0-9 and \"-\".")
)

// check returns what is wrong with a stroke.
func (s Stroke) check() error {
	switch {
	case !boardNames.MatchString(s.Board):
		return errBadBoard
	case !strokeIDs.MatchString(s.ID), !colours.MatchString(s.Colour), len(s.Points) == 0, len(s.Points) > maxPoints:
		return confab.Errorf("bad_stroke", "A stroke needs an id, a colour as in #aa00ff, and 1 to %d points.", maxPoints)
	}
	return nil
}

// whiteboard is what the handlers share.
type whiteboard struct {
	app     *confab.App
	boards  *confab.Namespace
	strokes *confab.Table[Stroke]
	visits  *confab.Table[Visit]
	// keep is how long a board stays that nobody comes to.
	keep time.Duration
}

// Whiteboard declares the application.
func Whiteboard(app *confab.App) {
	keep, err := time.ParseDuration(app.Variable("KEEP", "24h"))
	if err != nil {
		panic("KEEP must be a duration such as 24h: " + err.Error())
	}
	w := &whiteboard{
		app:    app,
		boards: app.Of("/boards"),
		keep:   keep,
		strokes: confab.NewTable[Stroke](app, "strokes", confab.Key{Partition: "board", Sort: "id"},
			confab.InEvents.Only("PutItem", "Query"),
			confab.InRoutes.Only("Query", "DeleteItem"),
			confab.InSchedules.Only("Query", "DeleteItem")),
		visits: confab.NewTable[Visit](app, "visits", confab.Key{Partition: "list", Sort: "board"},
			confab.InEvents.Only("PutItem"),
			confab.InRoutes.Only(),
			confab.InSchedules.Only("Query", "DeleteItem")),
	}
	confab.On(w.boards, "load", w.load)
	confab.On(w.boards, "draw", w.draw)
	confab.On(app, "drawing", relay)
	app.HTTP("DELETE /boards/{board}/strokes", w.serveClear)
	app.Every("expire", time.Hour, w.expire)
	app.Page("web")
}

// load brings a client to a board. It gets the strokes as events, because all of them may be more than an
// acknowledgement can carry, and those that are drawn from now on.
func (w *whiteboard) load(ctx context.Context, s *confab.Socket, in Board) (count int, err error) {
	if !boardNames.MatchString(in.Board) {
		return 0, errBadBoard
	}
	if err := s.Join(ctx, in.Board); err != nil {
		return 0, err
	}
	if err := w.visits.Put(ctx, Visit{visits, in.Board, w.app.Now().Unix()}); err != nil {
		return 0, err
	}
	var waiting []Stroke
	send := func() error {
		if len(waiting) == 0 {
			return nil
		}
		count += len(waiting)
		err := s.Emit(ctx, "drawn", waiting)
		waiting = nil
		return err
	}
	for stroke, err := range w.strokes.Query(ctx, in.Board) {
		if err != nil {
			return 0, err
		}
		if waiting = append(waiting, stroke); len(waiting) == batch {
			if err := send(); err != nil {
				return 0, err
			}
		}
	}
	return count, send()
}

// draw stores a stroke, and shows it to the others at the board.
func (w *whiteboard) draw(ctx context.Context, s *confab.Socket, in Stroke) (confab.None, error) {
	if err := in.check(); err != nil {
		return confab.None{}, err
	}
	if err := w.strokes.Put(ctx, in); err != nil {
		return confab.None{}, err
	}
	return confab.None{}, s.To(in.Board).Emit(ctx, "drawn", []Stroke{in})
}

// clear deletes the strokes of a board, and tells those who are there. It may be repeated.
func (w *whiteboard) clear(ctx context.Context, board string) error {
	for stroke, err := range w.strokes.Query(ctx, board) {
		if err != nil {
			return err
		}
		if err := w.strokes.Delete(ctx, board, stroke.ID); err != nil {
			return err
		}
	}
	return w.boards.To(board).Emit(ctx, "cleared", Board{board})
}

func (w *whiteboard) serveClear(response http.ResponseWriter, r *http.Request) {
	board := r.PathValue("board")
	if !boardNames.MatchString(board) {
		http.Error(response, errBadBoard.Message, http.StatusBadRequest)
		return
	}
	if err := w.clear(r.Context(), board); err != nil {
		slog.ErrorContext(r.Context(), "clear a board", "error", err)
		http.Error(response, "The board could not be cleared. Try again.", http.StatusInternalServerError)
		return
	}
	response.WriteHeader(http.StatusNoContent)
}

// expire clears boards that nobody has come to for long. A board is forgotten last, so that a run that was
// cut short is made up for by the next.
func (w *whiteboard) expire(ctx context.Context) error {
	var errs []error
	for visit, err := range w.visits.Query(ctx, visits) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if w.app.Now().Sub(time.Unix(visit.At, 0)) < w.keep {
			continue
		}
		if err := w.clear(ctx, visit.Board); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, w.visits.Delete(ctx, visits, visit.Board))
	}
	return errors.Join(errs...)
}
