// Package dynamo runs a DynamoDB-compatible engine: dynoxide, which is one static binary installed by npm, or AWS's
// DynamoDB Local, by Java or Docker. Enter at [Start]. [CreateTables] creates tables in any DynamoDB.
package dynamo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/wait"
)

// Options configure an Engine.
type Options struct {
	// Dir is the folder of the file with the data. Empty: the data is in memory.
	Dir string
}

// makeFolder makes the folder for the data, and returns its path from the root, as Docker wants it.
func (o Options) makeFolder() (string, error) {
	if o.Dir == "" {
		return "", nil
	}
	folder, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", err
	}
	return folder, os.MkdirAll(folder, 0o700)
}

// Engine is a running engine.
type Engine struct {
	what    string
	command *exec.Cmd
	output  *bytes.Buffer
	address string
	ended   chan struct{}
	err     error
	stop    sync.Once
}

// startTimeout is how long the engine may take to answer.
const startTimeout = 30 * time.Second

// Start starts an engine on a free loopback port and waits until it answers. It
// ends with Close, or with this process.
func Start(ctx context.Context, o Options) (*Engine, error) {
	program, err := findProgram(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := o.makeFolder()
	if err != nil {
		return nil, fmt.Errorf("start the database: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("start the database: %w", err)
	}
	e := &Engine{
		what:    program.what,
		command: program.command(port, folder),
		output:  &bytes.Buffer{},
		address: net.JoinHostPort("127.0.0.1", port),
		ended:   make(chan struct{}),
	}
	e.command.Stdout, e.command.Stderr = e.output, e.output
	e.command.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go func() {
		// The child dies with the thread that starts it, so the thread must live as long.
		runtime.LockOSThread()
		err := e.command.Start()
		started <- err
		if err == nil {
			e.err = e.command.Wait()
		}
		close(e.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the database: %w", err)
	}
	if err := e.awaitAnswer(ctx); err != nil {
		_ = e.Close()
		return nil, fmt.Errorf("start the database: %w", err)
	}
	return e, nil
}

// awaitAnswer waits until the engine answers. That it takes connections says nothing: for a container, Docker does.
func (e *Engine) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	for range (wait.Backoff{First: 2 * time.Millisecond, Factor: 1}).Attempts(ctx) {
		if err = answers(ctx, e.URL()); err == nil {
			return nil
		}
		select {
		case <-e.ended:
			return fmt.Errorf("it ended (%v): %s", e.err, bytes.TrimSpace(e.output.Bytes()))
		default:
		}
	}
	return fmt.Errorf("it does not answer: %w", err)
}

// answers asks for anything, to which a database answers something.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// What says which database it is, as in "dynoxide 1.2.1".
func (e *Engine) What() string { return e.what }

// PID returns the id of the engine's process.
func (e *Engine) PID() int { return e.command.Process.Pid }

// URL returns the engine's endpoint.
func (e *Engine) URL() string { return "http://" + e.address }

// Client returns a client of the engine.
func (e *Engine) Client() *dynamodb.Client { return Client(e.URL(), Local) }

// Close ends the engine and waits for it.
func (e *Engine) Close() error {
	e.stop.Do(func() {
		if err := e.command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			_ = e.command.Process.Kill()
		}
		select {
		case <-e.ended:
		case <-time.After(5 * time.Second):
			_ = e.command.Process.Kill()
			<-e.ended
		}
	})
	return nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}
