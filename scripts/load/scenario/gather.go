package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/shared/wait"
)

const (
	// atOnce is how many connections are opened at a time.
	atOnce = 64
	// requestTimeout bounds everything that waits for a server once.
	requestTimeout = time.Minute
	// namespace is that of the echo and the broadcast.
	namespace = "/load"
)

// client makes the HTTP requests and the connections.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}

// gather opens n sockets, several at once. If one cannot be opened, it closes them all.
func gather(ctx context.Context, n int, dial func(ctx context.Context, i int) (*socket.Socket, error)) ([]*socket.Socket, error) {
	sockets := make([]*socket.Socket, n)
	err := wait.ForEach(ctx, atOnce, numbers(n), func(ctx context.Context, i int) (err error) {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		sockets[i], err = dial(ctx, i)
		return err
	})
	if err != nil {
		closeAll(sockets)
		return nil, firstOf(err)
	}
	return sockets, nil
}

// numbers returns those from 0 up to n, without n.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// firstOf returns the first of joined errors: thousands of the same kind tell no more.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 1 {
		return fmt.Errorf("%d failed, one of them: %w", len(joined.Unwrap()), joined.Unwrap()[0])
	}
	return err
}

// closeAll closes sockets, several at once; those that are nil were never opened.
func closeAll(sockets []*socket.Socket) {
	_ = wait.ForEach(context.Background(), atOnce, sockets, func(_ context.Context, s *socket.Socket) error {
		if s != nil {
			s.Close()
		}
		return nil
	})
}

// cutAll cuts all sockets at the same time.
func cutAll(sockets []*socket.Socket) {
	var cutting sync.WaitGroup
	for _, s := range sockets {
		cutting.Go(s.Cut)
	}
	cutting.Wait()
}

// signInAll signs n guests in, and returns their tokens.
func signInAll(ctx context.Context, s *server.Server, n int) ([]string, error) {
	tokens := make([]string, n)
	err := wait.ForEach(ctx, atOnce, numbers(n), func(ctx context.Context, i int) (err error) {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		tokens[i], err = s.SignIn(ctx, client, fmt.Sprintf("Guest %d", i))
		return err
	})
	return tokens, firstOf(err)
}

// enter connects to the chat with a token.
func enter(ctx context.Context, s *server.Server, token string, onEvent func(name string)) (*socket.Socket, error) {
	return socket.Dial(ctx, socket.Options{URL: s.URL, HTTP: client, Auth: map[string]string{"token": token}, OnEvent: onEvent})
}

// dialLoad connects to the namespace of the echo and the broadcast.
func dialLoad(ctx context.Context, s *server.Server, onEvent func(name string)) (*socket.Socket, error) {
	opened, err := socket.Dial(ctx, socket.Options{URL: s.URL, HTTP: client, Namespace: namespace, OnEvent: onEvent})
	var refused *socket.RefusedError
	if errors.As(err, &refused) {
		err = fmt.Errorf("%w: the server needs the namespace %s (scripts/local/apps/load.go)", err, namespace)
	}
	return opened, err
}
