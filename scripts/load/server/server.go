// Package server starts the servers that are compared, each with a database of its own, and measures
// what they use. Enter at [StartConfab], [StartNode] and [At].
package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// Server is a server under load.
type Server struct {
	// Name is the heading of its column.
	Name string
	// URL is where clients reach it.
	URL string

	command  *exec.Cmd
	database *dynamo.Engine
	// ended is closed when the process has ended.
	ended chan struct{}
	stop  sync.Once
}

// Names of servers.
const (
	Confab    = "Confab"
	Node      = "Node"
	Elsewhere = "server"
)

// At is a server that runs already. What it uses is unknown.
func At(url string) *Server { return &Server{Name: Elsewhere, URL: strings.TrimSuffix(url, "/")} }

// What one person may cause: the most that the chat lets them, and a hundredth of it a second, because
// a request that is delayed for longer than the burst takes is refused.
const burst, perSecond = "1000000", "10000"

// How fast a broadcast is posted: more than a machine can. The pace of an account on AWS would be measured otherwise.
const postsPerSecond = "20000"

// StartConfab starts the local cloud, with the binary that `make build/local` builds. What bounds a
// single person is set aside: here, twenty do the work of thousands.
func StartConfab(ctx context.Context, binary string) (*Server, error) {
	return start(ctx, Confab, func(database *dynamo.Engine) (*exec.Cmd, error) {
		return exec.Command(binary, "-port", "0", "-quiet", "-app", "load", "-dynamodb", database.URL(),
			"-call-timeout", "20s", "-deliveries-burst", burst, "-deliveries-per-second", perSecond,
			"-posts-per-second", postsPerSecond), nil
	})
}

// StartNode starts the Socket.IO server on Node.
func StartNode(ctx context.Context, script string) (*Server, error) {
	return start(ctx, Node, func(database *dynamo.Engine) (*exec.Cmd, error) {
		err := dynamo.CreateTables(ctx, database.Client(), []dynamo.Table{
			{Name: schema.Chat.ID, Keys: []string{schema.PartitionKey, schema.SortKey}},
		})
		if err != nil {
			return nil, err
		}
		node := exec.Command("node", script)
		node.Env = append(os.Environ(), "NODE_ENV=production", "DYNAMODB="+database.URL(), "TABLE="+schema.Chat.ID)
		return node, nil
	})
}

// startTimeout is how long a server may take to be ready.
const startTimeout = 30 * time.Second

// start starts a database and a server on it, and waits until the server prints its address.
func start(ctx context.Context, name string, command func(*dynamo.Engine) (*exec.Cmd, error)) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	database, err := dynamo.Start(ctx, dynamo.Options{})
	if err != nil {
		return nil, err
	}
	s := &Server{Name: name, database: database, ended: make(chan struct{})}
	if s.command, err = command(database); err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return s, nil
}

// run runs the command until it is ready. What it prints as an error goes to this process's own.
func (s *Server) run(ctx context.Context) error {
	s.command.Stderr = os.Stderr
	out, err := s.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		s.command = nil
		return err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(s.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, found := strings.CutPrefix(lines.Text(), "ready "); found {
				ready <- url
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = s.command.Wait()
	}()
	select {
	case s.URL = <-ready:
		return nil
	case <-s.ended:
		return errors.New("it ended before it was ready")
	case <-ctx.Done():
		return fmt.Errorf("it is not ready: %w", ctx.Err())
	}
}

// stopGrace is how long a server may take to end by itself.
const stopGrace = 15 * time.Second

// Stop ends the server and its database. One that runs elsewhere goes on.
func (s *Server) Stop() {
	s.stop.Do(func() {
		if s.command != nil {
			_ = s.command.Process.Signal(os.Interrupt)
			select {
			case <-s.ended:
			case <-time.After(stopGrace):
				_ = s.command.Process.Kill()
				<-s.ended
			}
		}
		if s.database != nil {
			_ = s.database.Close()
		}
	})
}

// SignIn signs a guest in, and returns the token for their sockets.
func (s *Server) SignIn(ctx context.Context, client *http.Client, name string) (string, error) {
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/session", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	defer answer.Body.Close()
	var session struct{ Token string }
	if err := json.NewDecoder(answer.Body).Decode(&session); err != nil || session.Token == "" {
		return "", fmt.Errorf("sign in: %s (%v)", answer.Status, err)
	}
	return session.Token, nil
}
