// Package dynamo runs the embedded DynamoDB-compatible engine, dynoxide: one static binary,
// installed by npm. Enter at [Start]. [CreateTables] creates tables in any DynamoDB.
package dynamo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
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

// Engine is a running engine.
type Engine struct {
	command *exec.Cmd
	output  *bytes.Buffer
	address string
	ended   chan struct{}
	err     error
	stop    sync.Once
}

// startTimeout is how long the engine may take to answer.
const startTimeout = 10 * time.Second

// Start starts an engine on a free loopback port and waits until it answers. It
// ends with Close, or with this process.
func Start(ctx context.Context, o Options) (*Engine, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	binary, err := find(dir, runtime.GOOS+"/"+runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("start the database: %w", err)
	}
	args := []string{"serve", "--port", strconv.Itoa(port)}
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("start the database: %w", err)
		}
		args = append(args, "--db-path", filepath.Join(o.Dir, "confab.db"))
	}
	e := &Engine{
		command: exec.Command(binary, args...),
		output:  &bytes.Buffer{},
		address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
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

// awaitAnswer waits until the engine takes connections.
func (e *Engine) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	for range (wait.Backoff{First: 2 * time.Millisecond, Factor: 1}).Attempts(ctx) {
		var connection net.Conn
		if connection, err = net.DialTimeout("tcp", e.address, time.Second); err == nil {
			return connection.Close()
		}
		select {
		case <-e.ended:
			return fmt.Errorf("it ended (%v): %s", e.err, bytes.TrimSpace(e.output.Bytes()))
		default:
		}
	}
	return fmt.Errorf("it does not answer: %w", err)
}

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

// platforms are the engine's npm packages by Go's names of operating system and
// architecture.
var platforms = map[string]string{
	"linux/amd64":  "linux-x64",
	"linux/arm64":  "linux-arm64",
	"darwin/amd64": "darwin-x64",
	"darwin/arm64": "darwin-arm64",
}

// installed is the platform whose package `make setup` installs.
const installed = "linux/amd64"

// find returns the path of the engine's binary for a platform, in node_modules of a folder
// or of a folder above it.
func find(dir, platform string) (string, error) {
	for name := platforms[platform]; name != ""; {
		path := filepath.Join(dir, "node_modules", "@dynoxide", name, "dynoxide")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	if platform == installed {
		return "", errors.New("the embedded database is not installed: run `make setup`")
	}
	return "", fmt.Errorf("the embedded database has no binary for %s here: start a DynamoDB-compatible "+
		"database yourself, such as DynamoDB Local, and pass its address with -dynamodb URL", platform)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
