// Package process runs functions as AWS Lambda does: the deployable binary in child
// processes that speak the Lambda Runtime API and the Extensions API, several at once,
// initialized once, and frozen between two invocations. Enter at [New].
package process

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options describe a function. All but Line are required.
type Options struct {
	Name string
	// Binary is the executable that Lambda calls bootstrap, for this machine.
	Binary string
	// Environment is the whole environment of its processes; what Lambda itself adds is
	// added.
	Environment map[string]string
	// Line is given each line that a process writes, from several goroutines.
	Line func(line []byte)
}

// Function is a function of the local cloud; it implements host.Handler.
type Function struct {
	options Options

	mu     sync.Mutex
	idle   []*environment
	all    map[*environment]bool
	closed bool
	// settling are the goroutines that see an environment through to its freezing.
	settling sync.WaitGroup
}

// New returns a function; its first process starts with its first invocation.
func New(o Options) *Function {
	if o.Line == nil {
		o.Line = func([]byte) {}
	}
	return &Function{options: o, all: map[*environment]bool{}}
}

// initLimit is how long a process may take to ask for its first event (Lambda's limit
// of the init phase).
const initLimit = 10 * time.Second

// settleLimit bounds what a process still does after its response.
const settleLimit = 20 * time.Second

var errClosed = errors.New("the function is closed")

// Invoke runs an invocation in an environment of its own, which is free for the next
// one when the process and its extensions ask for it. When the context ends first the
// process is killed, as Lambda does at a function's timeout.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := f.environment(ctx)
	if err != nil {
		return nil, err
	}
	result, err := e.invoke(ctx, payload)
	f.settling.Go(func() { f.settle(e) })
	return result, err
}

// environment returns one that is idle, or a new one.
func (f *Function) environment(ctx context.Context) (*environment, error) {
	f.mu.Lock()
	for len(f.idle) > 0 && !f.closed {
		e := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		if e.alive() {
			f.mu.Unlock()
			return e, e.thaw()
		}
		delete(f.all, e)
	}
	if f.closed {
		f.mu.Unlock()
		return nil, errClosed
	}
	e, err := start(f.options)
	if err != nil {
		f.mu.Unlock()
		return nil, fmt.Errorf("start %s: %w", f.options.Name, err)
	}
	f.all[e] = true
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, initLimit)
	defer cancel()
	if err := e.awaitIdle(ctx); err != nil {
		f.drop(e)
		return nil, fmt.Errorf("initialize %s: %w", f.options.Name, err)
	}
	return e, nil
}

// settle waits until an environment asks for its next event, and freezes it.
func (f *Function) settle(e *environment) {
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	if err := e.awaitIdle(ctx); err != nil {
		f.drop(e)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || e.freeze() != nil {
		go f.drop(e)
		return
	}
	f.idle = append(f.idle, e)
}

func (f *Function) drop(e *environment) {
	e.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, e)
}

// Processes returns how many processes the function has.
func (f *Function) Processes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

// Close ends all processes.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	all := make([]*environment, 0, len(f.all))
	for e := range f.all {
		all = append(all, e)
	}
	f.idle = nil
	f.mu.Unlock()
	for _, e := range all {
		e.stop()
	}
	f.settling.Wait()
}
