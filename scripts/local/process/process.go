// Package process runs functions as AWS Lambda does. A function's deployable binary runs in
// child processes, which speak the Lambda Runtime API and the Extensions API. Each is
// initialized once, has one invocation at a time, and is frozen between two. Enter at [New].
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options describe a function. Name and Binary are required.
type Options struct {
	Name string
	// Binary is the executable, which Lambda calls bootstrap. It is built for this machine.
	Binary string
	// Environment is the whole environment of its processes, apart from Lambda's own
	// variables.
	Environment map[string]string
	// MemoryMB is the memory size that its processes are told: 128. It is not enforced.
	MemoryMB int
	// Concurrency is how many invocations may run at once: 64. Others wait.
	Concurrency int
	// IdleLimit is how long a process may wait for its next invocation: a minute.
	IdleLimit time.Duration
	// Line gets each line that a process writes. Several goroutines call it.
	Line func(line []byte)
	// Worked gets the time that an invocation took after its response.
	Worked func(time.Duration)
}

// Function is a function of the local cloud; it implements host.Handler.
type Function struct {
	options Options
	// running has an entry for each running invocation.
	running chan struct{}

	mu     sync.Mutex
	idle   []*environment
	all    map[*environment]bool // true: of the code that is current
	closed bool
	// settling counts the goroutines that wait to freeze an environment.
	settling sync.WaitGroup
}

// New returns a function. Its first invocation starts its first process.
func New(o Options) *Function {
	o.MemoryMB = cmp.Or(o.MemoryMB, 128)
	o.Concurrency = cmp.Or(o.Concurrency, 64)
	o.IdleLimit = cmp.Or(o.IdleLimit, time.Minute)
	if o.Line == nil {
		o.Line = func([]byte) {}
	}
	if o.Worked == nil {
		o.Worked = func(time.Duration) {}
	}
	return &Function{options: o, running: make(chan struct{}, o.Concurrency), all: map[*environment]bool{}}
}

const (
	// initLimit is how long a process may take to ask for its first event (Lambda's limit
	// of the init phase).
	initLimit = 10 * time.Second
	// defaultTimeout is that of an invocation whose context has no deadline.
	defaultTimeout = time.Minute
)

var errClosed = errors.New("the function is closed")

// Invoke runs an invocation in an idle environment, or in a new one. The environment is idle
// again when the process and its extensions ask for the next event. If the context ends
// first, the process is killed, as at a function's timeout on Lambda. The context's deadline
// also bounds the work after the response.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
		ctx = limited
	}
	deadline, _ := ctx.Deadline()
	select {
	case f.running <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%d invocations are already running: %w", f.options.Concurrency, context.Cause(ctx))
	}
	e, err := f.environment(ctx)
	if err != nil {
		<-f.running
		return nil, err
	}
	result, err := e.invoke(ctx, deadline, payload)
	f.settling.Go(func() { f.settle(e, deadline) })
	return result, err
}

// environment returns an idle environment, or a new one.
func (f *Function) environment(ctx context.Context) (*environment, error) {
	f.mu.Lock()
	for len(f.idle) > 0 && !f.closed {
		e := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		e.expiry.Stop()
		if e.alive() && e.thaw() == nil {
			f.mu.Unlock()
			return e, nil
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

// settle waits until an environment asks for its next event, and freezes it. If that takes
// longer than the invocation's deadline, the environment is killed.
func (f *Function) settle(e *environment, deadline time.Time) {
	defer func() { <-f.running }()
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	answered := time.Now()
	err := e.awaitIdle(ctx)
	f.options.Worked(time.Since(answered))
	if err != nil {
		f.drop(e)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if current := f.all[e]; f.closed || !current || e.freeze() != nil {
		go f.drop(e)
		return
	}
	f.idle = append(f.idle, e)
	e.expiry = time.AfterFunc(f.options.IdleLimit, func() { f.expire(e) })
}

// expire ends an environment that has been idle for too long.
func (f *Function) expire(e *environment) {
	f.mu.Lock()
	n := slices.Index(f.idle, e)
	if n >= 0 {
		f.idle = slices.Delete(f.idle, n, n+1)
	}
	f.mu.Unlock()
	if n >= 0 {
		f.drop(e)
	}
}

func (f *Function) drop(e *environment) {
	e.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, e)
}

// Replace gives the function other code, as an update of a function on Lambda does. Invocations that begin after
// it run the new code, in new processes. Those that run go on to their end.
func (f *Function) Replace(binary string, variables map[string]string) {
	f.mu.Lock()
	f.options.Binary, f.options.Environment = binary, variables
	idle := f.idle
	f.idle = nil
	for e := range f.all {
		f.all[e] = false
	}
	for _, e := range idle {
		e.expiry.Stop()
	}
	f.mu.Unlock()
	for _, e := range idle {
		f.drop(e)
	}
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
	for _, e := range f.idle {
		e.expiry.Stop()
	}
	f.idle = nil
	f.mu.Unlock()
	for _, e := range all {
		e.stop()
	}
	f.settling.Wait()
}
