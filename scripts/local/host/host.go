// Package host runs functions in this process, as AWS Lambda would: with synchronous and
// asynchronous invocations, retries and failure records, schedules, and work after a
// response. Enter at [New].
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
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
	// Functions are the functions by name; see also Add.
	Functions map[string]Handler
	// Timeouts say how long functions may run, by their names: 29 s.
	Timeouts map[string]time.Duration
	// Async configures asynchronous invocations, by the names of functions.
	Async map[string]Async
	// Concurrency is how many invocations may run at once, of all functions without a Reserved
	// number of their own. Lambda refuses those above it with ErrThrottled. Zero: no bound.
	Concurrency int
	// Reserved are how many invocations of a function may run at once, by the functions' names.
	Reserved map[string]int
	// EventsTwice delivers each event of a schedule twice, as EventBridge may: it promises at
	// least once.
	EventsTwice bool
	// RetryDelays are the pauses before the retries of an asynchronous invocation: one
	// second and two. AWS waits one minute and two.
	RetryDelays []time.Duration
	// Invoked is told of each invocation. Nil: nobody is.
	Invoked func(function string, took time.Duration, err error)
	Meter   *meter.Meter
	Log     *slog.Logger
}

var (
	// ErrTimeout means that a function ran longer than its timeout.
	ErrTimeout = errors.New("task timed out")
	// ErrClosed means that the host is closed.
	ErrClosed = errors.New("the host is closed")
)

// Host runs functions. It is safe for concurrent use.
type Host struct {
	options Options
	// open ends when the host closes. Then no invocation begins, and none waits for a retry.
	open context.Context
	shut context.CancelFunc
	// life ends when Close gives up on functions that still run.
	life context.Context
	kill context.CancelFunc

	places places

	// functions has what Options.Functions and Add gave.
	functions sync.Map // of *added by name

	mu      sync.Mutex
	running sync.WaitGroup
	// invocations are under way, or wait for their repetition.
	invocations atomic.Int64
	failures    map[string][]Failure
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
	h := &Host{options: o, places: newPlaces(o.Concurrency, o.Reserved), failures: map[string][]Failure{}}
	for name, handler := range o.Functions {
		h.Add(name, handler, o.Timeouts[name], o.Async[name])
	}
	h.life, h.kill = context.WithCancel(context.Background())
	h.open, h.shut = context.WithCancel(h.life)
	return h
}

// added is a function of a host.
type added struct {
	Handler
	timeout time.Duration
	async   Async
}

// Add adds a function, or replaces it. Zero: a timeout of 29 seconds.
func (h *Host) Add(name string, handler Handler, timeout time.Duration, async Async) {
	h.functions.Store(name, &added{handler, cmp.Or(timeout, defaultTimeout), async})
}

// Remove removes a function.
func (h *Host) Remove(name string) { h.functions.Delete(name) }

func (h *Host) find(name string) *added {
	found, _ := h.functions.Load(name)
	f, _ := found.(*added)
	return f
}

// start runs work in a goroutine that Close waits for, unless the host is closed.
func (h *Host) start(work func()) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open.Err() != nil {
		return ErrClosed
	}
	h.running.Go(work)
	return nil
}

// startInvocation is start for what Idle waits for.
func (h *Host) startInvocation(work func()) error {
	h.invocations.Add(1)
	err := h.start(func() {
		defer h.invocations.Add(-1)
		work()
	})
	if err != nil {
		h.invocations.Add(-1)
	}
	return err
}

// Idle reports whether no function runs, works on after its response, or is invoked
// asynchronously again later.
func (h *Host) Idle() bool { return h.invocations.Load() == 0 }

// Invoke runs a function and returns its result, or ErrThrottled without running it. A panic is an error. The context bounds
// only the waiting: the function has its own context and goes on after it ends. The caller
// calls delivered, which is never nil, when the response has been delivered; then the
// function's work after its response runs.
func (h *Host) Invoke(ctx context.Context, function string, payload []byte) (result []byte, delivered func(), err error) {
	delivered = func() {}
	handler := h.find(function)
	if handler == nil {
		return nil, delivered, fmt.Errorf("there is no function %q", function)
	}
	leave, free := h.places.take(function)
	if !free {
		return nil, delivered, ErrThrottled
	}
	done := make(chan outcome, 1)
	err = h.startInvocation(func() {
		defer leave()
		done <- h.run(handler, function, payload)
	})
	if err != nil {
		leave()
		return nil, delivered, err
	}
	select {
	case o := <-done:
		return o.result, func() { h.runAfter(function, o.after) }, o.err
	case <-ctx.Done():
		return nil, delivered, context.Cause(ctx)
	}
}

// outcome is the end of an invocation.
type outcome struct {
	result []byte
	err    error
	// after is the function's work after its response.
	after func(context.Context)
}

// run runs a function to its end or timeout.
func (h *Host) run(handler *added, function string, payload []byte) outcome {
	timeout := handler.timeout
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
		// Lambda would kill the process. A goroutine cannot be killed, so its result is
		// dropped.
		o = outcome{err: fmt.Errorf("%w after %v", ErrTimeout, timeout), after: func(context.Context) {}}
	}
	h.record(function, start, o.err)
	return o
}

func (h *Host) record(function string, start time.Time, err error) {
	took := time.Since(start)
	h.options.Meter.Invoked(function, took)
	if h.options.Invoked != nil {
		h.options.Invoked(function, took, err)
	}
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

// runAfter runs a function's work after its response, which AWS bills as part of the
// invocation.
func (h *Host) runAfter(function string, run func(context.Context)) {
	_ = h.startInvocation(func() {
		ctx, cancel := context.WithTimeout(h.open, afterLimit)
		defer cancel()
		start := time.Now()
		run(ctx)
		h.options.Meter.Worked(function, time.Since(start))
	})
}

// Close ends the schedules and waits for running functions. When the context ends first,
// their contexts end too, and functions that still go on are abandoned.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock() // so that all work that start accepted is counted
	h.shut()
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
	return fmt.Errorf("functions are still running: %w", ctx.Err())
}

// killGrace is how long functions may take to end after their context.
const killGrace = time.Second
