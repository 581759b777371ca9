package apigw

import (
	"context"
	"sync"
)

// An event handler may have work that must not start before its response has
// left: the first frame to a new connection is refused (410) as long as $connect
// has not returned. AfterResponse notes such work; whoever runs the handler
// collects it with CollectAfterResponse and runs it once the response is out.
// On Lambda that is the extension of this package, elsewhere the local cloud.

type afterKey struct{}

type after struct {
	mu   sync.Mutex
	work []func(context.Context)
}

// CollectAfterResponse returns a context for one invocation and a function that
// runs, in order, whatever the invocation left for later. The function is called
// once, after the response has been delivered, and may run long: bound its context.
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

// AfterResponse leaves work for the time after the response. It reports false,
// and keeps nothing, when nobody collects.
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
