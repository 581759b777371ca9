package scenario

import (
	"context"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/socket"
)

// people signs guests in, and connects each of them to the chat.
func people(ctx context.Context, s *server.Server, l Load) ([]Figure, error) {
	n := float64(l.People)
	start := time.Now()
	tokens, err := signInAll(ctx, s, l.People)
	if err != nil {
		return nil, err
	}
	figures := []Figure{{"guests signed in", "/s", n / time.Since(start).Seconds()}}
	before, known := s.Usage()
	start = time.Now()
	sockets, err := gather(ctx, l.People, func(ctx context.Context, i int) (*socket.Socket, error) {
		return enter(ctx, s, tokens[i], nil)
	})
	if err != nil {
		return nil, err
	}
	defer closeAll(sockets)
	figures = append(figures, Figure{"guests connected to the chat", "/s", n / time.Since(start).Seconds()})
	if after, _ := s.Usage(); known {
		figures = append(figures, processorTime(before, after, n)...)
	}
	return figures, nil
}
