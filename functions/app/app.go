// Package app is the place for your own event handlers. They run beside the
// chat's, in every function, locally and on AWS.
package app

import (
	"context"

	"github.com/confab-chat/confab/shared/realtime"
)

// Wave is what a client says and what everyone else hears.
type Wave struct {
	From string `json:"from"`
}

// Register adds the application's handlers. Namespaces other than "/" belong to
// you alone; the chat lives in "/".
func Register(srv *realtime.Server) {
	hello := srv.Of("/hello")
	realtime.On(hello, "wave", func(ctx context.Context, s *realtime.Socket, in Wave) (string, error) {
		return "waved", s.Broadcast().Emit(ctx, "waved", in)
	})
}
