package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"time"
)

// environment is one process and the API that it calls.
type environment struct {
	command *exec.Cmd
	server  *http.Server
	api     *runtimeAPI
	// exited is closed when the process has ended.
	exited chan struct{}
	reason error
	// expiry ends the environment when it has been idle for too long.
	expiry *time.Timer
}

func start(o Options) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := newRuntimeAPI(o.Name)
	e := &environment{
		command: exec.Command(o.Binary),
		server:  &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second},
		api:     api,
		exited:  make(chan struct{}),
	}
	for name, value := range o.Environment {
		e.command.Env = append(e.command.Env, name+"="+value)
	}
	e.command.Env = append(e.command.Env,
		"AWS_LAMBDA_RUNTIME_API="+listener.Addr().String(),
		"AWS_LAMBDA_FUNCTION_NAME="+o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_LOG_FORMAT=JSON", // as in the stack
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(o.MemoryMB),
		"_HANDLER=bootstrap",
	)
	e.command.SysProcAttr = childAttributes()
	output, err := e.command.StdoutPipe()
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	e.command.Stderr = e.command.Stdout
	if err := e.command.Start(); err != nil {
		_ = listener.Close()
		return nil, err
	}
	go func() { _ = e.server.Serve(listener) }()
	go func() {
		lines := bufio.NewReader(output)
		for {
			line, err := lines.ReadBytes('\n')
			if len(line) > 0 {
				o.Line(line)
			}
			if err != nil {
				break
			}
		}
		_, _ = io.Copy(io.Discard, output)
		e.reason = e.command.Wait()
		_ = e.server.Close()
		close(e.exited)
	}()
	return e, nil
}

var errExited = errors.New("runtime exited")

// invoke sends the process an event and waits for its answer.
func (e *environment) invoke(ctx context.Context, deadline time.Time, payload []byte) ([]byte, error) {
	e.api.begin(deadline, payload)
	select {
	case o := <-e.api.outcomes:
		return o.result, o.err
	case <-e.exited:
		select { // it may have answered before
		case o := <-e.api.outcomes:
			return o.result, o.err
		default:
		}
		return nil, e.exitError()
	case <-ctx.Done():
		e.stop()
		return nil, context.Cause(ctx)
	}
}

// awaitIdle waits until the process and its extensions ask for the next event.
func (e *environment) awaitIdle(ctx context.Context) error {
	select {
	case <-e.api.idle:
		return nil
	case <-e.exited:
		return e.exitError()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// exitError says why the process has ended, as the process and the system report it.
func (e *environment) exitError() error {
	return errors.Join(fmt.Errorf("%w: %v", errExited, e.reason), e.api.initError())
}

func (e *environment) alive() bool {
	select {
	case <-e.exited:
		return false
	default:
		return true
	}
}

// stop ends the process and waits for its end.
func (e *environment) stop() {
	_ = e.command.Process.Kill()
	<-e.exited
}

// outcome is a process's answer.
type outcome struct {
	result []byte
	err    error
}
