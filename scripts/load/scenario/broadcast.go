package scenario

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/shared/wait"
)

// broadcast lets one client broadcast to a room, again and again, each time when everybody has the
// event before.
func broadcast(ctx context.Context, s *server.Server, l Load) ([]Figure, error) {
	const room = "crowd"
	var received atomic.Int64
	complete := make(chan struct{}, 1)
	onEvent := func(string) {
		if received.Add(1)%int64(l.Crowd) == 0 {
			select {
			case complete <- struct{}{}:
			default: // more arrives than is waited for
			}
		}
	}
	sockets, err := gather(ctx, l.Crowd, func(ctx context.Context, _ int) (*socket.Socket, error) { return dialLoad(ctx, s, onEvent) })
	if err != nil {
		return nil, err
	}
	defer closeAll(sockets)
	err = wait.ForEach(ctx, atOnce, sockets, func(ctx context.Context, joining *socket.Socket) error {
		return joining.Call(ctx, "join", room, nil)
	})
	if err != nil {
		return nil, firstOf(err)
	}
	found, err := loop(ctx, s, l, 1, func(ctx context.Context, _ int) error {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		if err := sockets[0].Call(ctx, "broadcast", map[string]any{"room": room, "value": value}, nil); err != nil {
			return err
		}
		select {
		case <-complete:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("a broadcast has reached %d of %d: %w", received.Load()%int64(l.Crowd), l.Crowd, ctx.Err())
		}
	})
	if err != nil {
		return nil, err
	}
	return found.figures("deliveries", l.Crowd), nil
}
