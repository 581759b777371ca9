package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/confab-chat/confab/shared/confab"
)

const (
	// window is how long a client may be away.
	window = 2 * time.Minute
	// room is where each client is.
	room = "sample room"
	// iso is how JavaScript writes a time.
	iso = "2006-01-02T15:04:05.000Z"
)

// Data is a socket's.
type Data struct {
	Foo string `json:"foo"`
	// Since is when it was new.
	Since string `json:"since"`
}

// State is what the server knows of a socket.
type State struct {
	Rooms []string `json:"rooms"`
	Data  Data     `json:"data"`
}

// Recovery declares the application.
func Recovery(app *confab.App) {
	app.Recover(window)
	app.OnConnection(func(ctx context.Context, s *confab.Socket) error { return welcome(ctx, s, app.Now()) })
	confab.On(app, "state", state)

	ping := func(ctx context.Context) error { return app.Emit(ctx, "ping", app.Now().UTC().Format(iso)) }
	app.Every("ping", time.Minute, ping)
	app.HTTP("POST /pings", func(w http.ResponseWriter, r *http.Request) {
		if err := ping(r.Context()); err != nil {
			slog.ErrorContext(r.Context(), "ping", "error", err)
			http.Error(w, "The ping was not sent. Try again.", http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	app.Page("web")
}

// welcome gives a new client its room and its data. One that is recovered has both, and what it missed.
func welcome(ctx context.Context, s *confab.Socket, now time.Time) error {
	if s.Recovered() {
		slog.InfoContext(ctx, "recovered", "socket", s.ID(), "rooms", s.Rooms())
		return nil
	}
	return errors.Join(s.SetData(ctx, Data{"bar", now.UTC().Format(iso)}), s.Join(ctx, room))
}

// state answers what the server knows.
func state(_ context.Context, s *confab.Socket, _ confab.None) (State, error) {
	known := State{Rooms: s.Rooms()}
	return known, s.Data(&known.Data)
}
