package apigw

import (
	"context"
	"sync"
)

// Some work must not start before the response has left: API Gateway refuses the first
// frame to a new connection (410) until $connect has returned. A handler leaves such work
// with AfterResponse. What runs the handler, the Extension on Lambda or the local cloud,
// collects the work with CollectAfterResponse and runs it after the response.

type afterKey struct{}

type after struct {
	mu   sync.Mutex
	work []func(context.Context)
}

// CollectAfterResponse returns a context for one invocation, and a function that runs the
// work that the invocation left, in order. Call it once, after the response has been
// delivered. It may run long: bound its context.
func CollectAfterResponse(ctx context.Context) (context.Context, func(context.Context)) {
	a := &after{}
	run := func(ctx context.Context) {
		a.mu.Lock()
		work := a.work
		a.work = nil
		a.mu.Unlock()
		for _, w := range work {
			w(ctx)
		}
	}
	return context.WithValue(ctx, afterKey{}, a), run
}

// AfterResponse leaves work for the time after the response. It reports false and drops
// the work if ctx is not from CollectAfterResponse.
func AfterResponse(ctx context.Context, work func(context.Context)) bool {
	a, ok := ctx.Value(afterKey{}).(*after)
	if !ok {
		return false
	}
	a.mu.Lock()
	a.work = append(a.work, work)
	a.mu.Unlock()
	return true
}
