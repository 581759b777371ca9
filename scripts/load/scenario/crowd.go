package scenario

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/shared/wait"
)

// crowd opens many connections, leaves them idle, cuts all of them at once, and lets all come back,
// with the pauses of the official client.
func crowd(ctx context.Context, s *server.Server, l Load) ([]Figure, error) {
	n := float64(l.Connections)
	dial := func(ctx context.Context, _ int) (*socket.Socket, error) { return dialLoad(ctx, s, nil) }
	first, err := gather(ctx, min(atOnce, l.Connections), dial) // what a server makes once is no memory of a connection
	if err != nil {
		return nil, err
	}
	closeAll(first)
	pause(ctx, l.Settle)
	before, known := s.Usage()
	start := time.Now()
	sockets, err := gather(ctx, l.Connections, dial)
	if err != nil {
		return nil, err
	}
	figures := []Figure{{"connections opened", "/s", n / time.Since(start).Seconds()}}
	opened, _ := s.Usage()
	pause(ctx, l.Settle)
	idle, _ := s.Usage()
	cutAll(sockets)
	highest := watchMemory(ctx, s, l.Settle)
	if known {
		figures = append(figures, processorTime(before, opened, n)...)
		figures = append(figures,
			Figure{"memory of an idle connection", "kB", float64(idle.Server.Bytes-before.Server.Bytes) / 1000 / n},
			Figure{"the same in the database", "kB", float64(idle.Database.Bytes-before.Database.Bytes) / 1000 / n},
			Figure{"more memory when all are cut at once", "MB", float64(highest-idle.Server.Bytes) / mega},
		)
	}
	start = time.Now()
	attempts, sockets, err := comeBack(ctx, s, l.Connections)
	if err != nil {
		return nil, err
	}
	figures = append(figures,
		Figure{"all are back after", "s", time.Since(start).Seconds()},
		Figure{"attempts for each", "", float64(attempts) / n},
	)
	closeAll(sockets)
	return figures, ctx.Err()
}

// watchMemory returns the most memory that the server has had at once in some time.
func watchMemory(ctx context.Context, s *server.Server, d time.Duration) (highest int64) {
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; pause(ctx, 20*time.Millisecond) {
		u, _ := s.Usage()
		highest = max(highest, u.Server.Bytes)
	}
	return highest
}

const (
	// attemptTimeout is how long the official client waits for a connection.
	attemptTimeout = 20 * time.Second
	// backTimeout is how long it may take until all are back.
	backTimeout = 2 * time.Minute
)

// comeBack opens n sockets at once. Each tries as the official client does after its connection
// broke: after a second, and then after twice as long as before, at most five seconds, all of it
// half as long or longer by chance.
func comeBack(ctx context.Context, s *server.Server, n int) (attempts int64, sockets []*socket.Socket, err error) {
	ctx, cancel := context.WithTimeout(ctx, backTimeout)
	defer cancel()
	var tried atomic.Int64
	sockets = make([]*socket.Socket, n)
	err = wait.ForEach(ctx, n, numbers(n), func(ctx context.Context, i int) (err error) {
		delay := time.Second
		for {
			pause(ctx, time.Duration(float64(delay)*(0.5+rand.Float64())))
			delay = min(2*delay, 5*time.Second)
			tried.Add(1)
			attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
			sockets[i], err = dialLoad(attempt, s, nil)
			cancel()
			if err == nil || ctx.Err() != nil {
				return err
			}
		}
	})
	if err != nil {
		closeAll(sockets)
	}
	return tried.Load(), sockets, firstOf(err)
}
