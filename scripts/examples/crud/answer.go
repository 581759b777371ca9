package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/confab-chat/confab/shared/confab"
)

// Data is what a client is told that gets something.
type Data struct {
	Data any `json:"data"`
}

// Refusal is what a client is told whose request is wrong, in the shape that the official clients expect.
type Refusal struct {
	Problem string   `json:"error"`
	Details []Detail `json:"errorDetails,omitempty"`
}

// Detail says what is wrong with a field.
type Detail struct {
	Message string   `json:"message"`
	Path    []string `json:"path"`
	Type    string   `json:"type"`
}

// Error implements error.
func (r *Refusal) Error() string { return r.Problem }

var errNotFound = &Refusal{Problem: "entity not found"}

// invalid says what is wrong with a field of a todo.
func invalid(field, kind, message string) *Refusal {
	return &Refusal{"invalid payload", []Detail{{fmt.Sprintf("%q %s", field, message), []string{field}, kind}}}
}

// answer registers a handler whose errors become acknowledgements in the shape of this application. Confab's own are
// those of confab.On. A result of nil is an acknowledgement without a value.
func answer[In any](app *confab.App, event string, handle func(context.Context, *confab.Socket, In) (any, error)) {
	app.Handle(event, func(ctx context.Context, s *confab.Socket, e *confab.Event) error {
		var in In
		var out any
		err := error(invalid("payload", "object.base", "has the wrong form"))
		if e.Args.Decode(0, &in) == nil {
			out, err = handle(ctx, s, in)
		}
		var refused *Refusal
		switch {
		case errors.As(err, &refused):
			e.Ack(refused)
		case err != nil:
			slog.ErrorContext(ctx, event, "error", err)
			e.Ack(Refusal{Problem: "an unknown error has occurred"})
		case out == nil:
			e.Ack()
		default:
			e.Ack(Data{out})
		}
		return nil
	})
}
