// Package host runs functions in this process as AWS Lambda would: synchronous and
// asynchronous invocations, retries and what failed for good, a schedule, and the
// work that a function leaves for the time after its response. Enter at [New].
package host

import (
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
	// Functions by name.
	Functions map[string]Handler
	// Timeout is how long a function may run: 29 s.
	Timeout time.Duration
	// RetryDelays are the pauses before an asynchronous invocation is tried again:
	// one second and two. (AWS waits one minute and two.)
	RetryDelays []time.Duration
	Meter       *meter.Meter
	Log         *slog.Logger
}

// ErrTimeout: a function ran for longer than it may.
var ErrTimeout = errors.New("function timed out")

// Host runs functions. It is safe for concurrent use.
type Host struct {
	options Options
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	failures []Failure
}

// Failure is an asynchronous invocation that failed with all its retries.
type Failure struct {
	Function string    `json:"function"`
	Payload  string    `json:"payload"`
	Error    string    `json:"error"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
}

// afterLimit bounds the work after a response.
const afterLimit = 15 * time.Second

// New returns a host.
func New(o Options) *Host {
	if o.Timeout == 0 {
		o.Timeout = 29 * time.Second
	}
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{time.Second, 2 * time.Second}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Meter == nil {
		o.Meter = &meter.Meter{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Host{options: o, ctx: ctx, cancel: cancel}
}

// Invoke runs a function and returns its result. The caller calls delivered when the
// result has reached whoever asked; what the function left for after its response
// runs then. A panic is an error.
func (h *Host) Invoke(ctx context.Context, function string, payload []byte) (result []byte, delivered func(), err error) {
	handler, ok := h.options.Functions[function]
	if !ok {
		return nil, func() {}, fmt.Errorf("there is no function %q", function)
	}
	ctx, cancel := context.WithTimeout(ctx, h.options.Timeout)
	defer cancel()
	ctx, after := apigw.CollectAfterResponse(ctx)
	start := time.Now()
	type outcome struct {
		result []byte
		err    error
	}
	done := make(chan outcome, 1)
	h.running.Add(1)
	go func() {
		defer h.running.Done()
		result, err := call(ctx, handler, payload)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		result, err = o.result, o.err
	case <-ctx.Done():
		// The function goes on in its goroutine; nobody waits for it any more.
		err = fmt.Errorf("%w: %w", ErrTimeout, context.Cause(ctx))
	}
	h.options.Meter.Invoked(function, time.Since(start))
	if err != nil {
		h.options.Log.Error("function failed", "function", function, "error", err)
	}
	return result, func() { h.after(after) }, err
}

func call(ctx context.Context, handler Handler, payload []byte) (result []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handler.Invoke(ctx, payload)
}

func (h *Host) after(run func(context.Context)) {
	h.running.Add(1)
	go func() {
		defer h.running.Done()
		ctx, cancel := context.WithTimeout(h.ctx, afterLimit)
		defer cancel()
		run(ctx)
	}()
}

// InvokeAsync queues an invocation, which is tried three times in all.
func (h *Host) InvokeAsync(function string, payload []byte) {
	h.running.Add(1)
	go func() {
		defer h.running.Done()
		attempts := 1 + len(h.options.RetryDelays)
		var err error
		for attempt := range attempts {
			if attempt > 0 && !sleep(h.ctx, h.options.RetryDelays[attempt-1]) {
				return
			}
			var delivered func()
			if _, delivered, err = h.Invoke(h.ctx, function, payload); err == nil {
				delivered()
				return
			}
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.failures = append(h.failures, Failure{function, string(payload), err.Error(), attempts, time.Now()})
	}()
}

// Failures returns the asynchronous invocations that failed for good.
func (h *Host) Failures() []Failure {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Failure{}, h.failures...)
}

// Close ends the schedules and waits for what runs, as long as the context allows.
func (h *Host) Close(ctx context.Context) error {
	h.cancel()
	idle := make(chan struct{})
	go func() {
		h.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("functions still run: %w", ctx.Err())
	}
}

// sleep waits, or reports false when the context ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
