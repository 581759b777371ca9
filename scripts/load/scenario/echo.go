package scenario

import (
	"context"
	"fmt"
	"strings"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/socket"
)

// value is what is echoed and broadcast: 128 bytes of JSON.
var value = strings.Repeat("x", 126)

// echo lets clients emit events, each the next when it has the acknowledgement.
func echo(ctx context.Context, s *server.Server, l Load) ([]Figure, error) {
	sockets, err := gather(ctx, l.Clients, func(ctx context.Context, _ int) (*socket.Socket, error) { return dialLoad(ctx, s, nil) })
	if err != nil {
		return nil, err
	}
	defer closeAll(sockets)
	found, err := loop(ctx, s, l, l.Clients, func(ctx context.Context, worker int) error {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		var answer string
		if err := sockets[worker].Call(ctx, "echo", value, &answer); err != nil {
			return err
		}
		if answer != value {
			return fmt.Errorf("the echo is %q", answer)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found.figures("echoes", 1), nil
}
