// Package host runs functions in this process as AWS Lambda would: synchronous and
// asynchronous invocations, retries and what failed for good, a schedule, and the
// work that a function leaves for the time after its response. Enter at [New].
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/apigw"
)

// Handler is a function's handler, as lambda.Handler.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Options configure a Host.
type Options struct {
	// Functions by name. They are not changed once the host is in use.
	Functions map[string]Handler
	// Timeouts are how long functions may run, by their names: 29 s.
	Timeouts map[string]time.Duration
	// Async says what becomes of functions' asynchronous invocations, by their names.
	Async map[string]Async
	// RetryDelays are the pauses before an asynchronous invocation is tried again:
	// one second and two. (AWS waits one minute and two.)
	RetryDelays []time.Duration
	Meter       *meter.Meter
	Log         *slog.Logger
}

var (
	// ErrTimeout: a function ran for longer than it may.
	ErrTimeout = errors.New("task timed out")
	// ErrClosed: the host has been closed.
	ErrClosed = errors.New("the host is closed")
)

// Host runs functions. It is safe for concurrent use.
type Host struct {
	options Options
	// open ends when the host closes: nothing new begins, and nothing waits to begin.
	open  context.Context
	close context.CancelFunc
	// life ends when what still runs is given up.
	life context.Context
	kill context.CancelFunc

	mu       sync.Mutex
	running  sync.WaitGroup
	failures map[string][]Failure
}

const (
	defaultTimeout = 29 * time.Second
	// afterLimit bounds the work after a response.
	afterLimit = 15 * time.Second
)

// New returns a host.
func New(o Options) *Host {
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{time.Second, 2 * time.Second}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Meter == nil {
		o.Meter = &meter.Meter{}
	}
	h := &Host{options: o, failures: map[string][]Failure{}}
	h.life, h.kill = context.WithCancel(context.Background())
	h.open, h.close = context.WithCancel(h.life)
	return h
}

// start runs work in a goroutine that Close waits for, unless the host has closed.
func (h *Host) start(work func()) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open.Err() != nil {
		return ErrClosed
	}
	h.running.Go(work)
	return nil
}

// Invoke runs a function and returns its result. The context bounds the waiting
// alone: the function has a context of its own and goes on when nobody waits for it
// any more. The caller calls delivered, which is never nil, when the result has
// reached whoever asked; what the function left for after its response runs then.
// A panic is an error.
func (h *Host) Invoke(ctx context.Context, function string, payload []byte) (result []byte, delivered func(), err error) {
	delivered = func() {}
	handler, ok := h.options.Functions[function]
	if !ok {
		return nil, delivered, fmt.Errorf("there is no function %q", function)
	}
	done := make(chan outcome, 1)
	err = h.start(func() { done <- h.run(handler, function, payload) })
	if err != nil {
		return nil, delivered, err
	}
	select {
	case o := <-done:
		return o.result, func() { h.after(function, o.after) }, o.err
	case <-ctx.Done():
		return nil, delivered, context.Cause(ctx)
	}
}

// outcome is what came of an invocation.
type outcome struct {
	result []byte
	err    error
	// after is what the function left for after its response.
	after func(context.Context)
}

// run runs a function to its end or timeout.
func (h *Host) run(handler Handler, function string, payload []byte) outcome {
	timeout := cmp.Or(h.options.Timeouts[function], defaultTimeout)
	ctx, cancel := context.WithTimeout(h.life, timeout)
	defer cancel()
	ctx, after := apigw.CollectAfterResponse(ctx)
	start := time.Now()
	done := make(chan outcome, 1)
	h.running.Go(func() { // in a goroutine that counts already
		result, err := call(ctx, handler, payload)
		done <- outcome{result, err, after}
	})
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		// Its goroutine cannot be killed as Lambda would kill the process: what it still
		// returns is dropped.
		o = outcome{err: fmt.Errorf("%w after %v", ErrTimeout, timeout), after: func(context.Context) {}}
	}
	h.ended(function, start, o.err)
	return o
}

func (h *Host) ended(function string, start time.Time, err error) {
	h.options.Meter.Invoked(function, time.Since(start))
	if err != nil {
		h.options.Log.Error("function failed", "function", function, "error", err)
	}
}

func call(ctx context.Context, handler Handler, payload []byte) (result []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handler.Invoke(ctx, payload)
}

// after runs what a function left for the time after its response, which AWS bills
// as part of the invocation.
func (h *Host) after(function string, run func(context.Context)) {
	_ = h.start(func() {
		ctx, cancel := context.WithTimeout(h.open, afterLimit)
		defer cancel()
		start := time.Now()
		run(ctx)
		h.options.Meter.Worked(function, time.Since(start))
	})
}

// Close ends the schedules, and waits for the functions that run. When the context
// ends first, theirs ends too, and those that do not care are left behind.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock() // so that whatever start has begun is counted
	h.close()
	h.mu.Unlock()
	defer h.kill()
	idle := make(chan struct{})
	go func() {
		h.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	h.kill()
	select {
	case <-idle:
	case <-time.After(killGrace):
	}
	return fmt.Errorf("functions still ran: %w", ctx.Err())
}

// killGrace is how long functions may take to notice that their context has ended.
const killGrace = time.Second
