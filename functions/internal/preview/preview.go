// Package preview is the function that fetches link previews. It links neither the engine nor a
// client of AWS: what is open to answers from anywhere has nothing that they could misuse.
package preview

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/linkpreview"
)

// Request asks for the page at an address.
type Request struct {
	URL string `json:"url"`
}

// Answer has what was found.
type Answer struct {
	// Page is nil if there is nothing to show.
	Page *linkpreview.Page `json:"page,omitempty"`
}

// New returns the function.
func New(o linkpreview.Options, log *slog.Logger) lambda.Handler {
	fetcher := linkpreview.New(o)
	return lambda.NewHandler(func(ctx context.Context, r Request) (Answer, error) {
		page, err := fetcher.Fetch(ctx, r.URL)
		if err != nil { // it names no address
			log.InfoContext(ctx, "no preview", "reason", err)
			return Answer{}, nil
		}
		return Answer{&page}, nil
	})
}
