package simulate

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// instance is a warm function: a server with the chat, and a clock of its own.
type instance struct {
	server *realtime.Server
	// skew is how far the clock is off.
	skew atomic.Int64
}

// verifier takes a user's id for a token.
type verifier struct{}

// Verify implements auth.Verifier.
func (verifier) Verify(_ context.Context, token string) (auth.Identity, error) {
	if token == "" {
		return auth.Identity{}, auth.ErrUnauthorized
	}
	return auth.Identity{ID: token, Name: token}, nil
}

func newInstance(w *world, skew time.Duration) *instance {
	i := &instance{}
	i.skew.Store(int64(skew))
	now := func() time.Time { return time.Now().Add(time.Duration(i.skew.Load())) }
	o := realtime.Options{Store: w.stores.start(), Gateway: w.network, Dispatch: w.profile.dispatch(), Log: w.logger(), Now: now}
	o.SweepHandover = sweepers{w}
	if w.profile.paced {
		o.Handover, o.InlineFanout, o.Pace.PerSecond = w.fanouts, 2, 2000
	}
	if w.profile.recovery {
		o.Recovery = &realtime.Recovery{}
	}
	i.server = realtime.NewServer(o)
	c := chat.New(chat.Options{Store: w.stores.chat, Verifier: verifier{}, Server: i.server, Log: w.logger(), Now: now})
	c.Register()
	w.apis[i.server] = c.HTTP()
	return i
}

func (p profile) dispatch() mode.Dispatch {
	if p.serial {
		return mode.Serial
	}
	return mode.Concurrent
}

// invocation is one run of a function.
type invocation struct {
	id     int
	what   string
	cancel context.CancelFunc
	// calls counts the calls that were let go; at killAt the function dies.
	calls  int
	killAt int
	// effects counts the calls that had an effect.
	effects int
	// joined are the connections whose memberships it has written, where writing is a step of its own.
	joined map[string]bool // guarded by world.mu
	after  bool
	dead   bool // guarded by world.mu
	ended  bool // guarded by world.mu
	// faulted: one of its calls has failed.
	faulted bool
	// returned is called when the function has, or has died.
	returned func(died bool)
	timeout  *timer
}

type invocationKey struct{}

func invocationOf(ctx context.Context) *invocation {
	i, _ := ctx.Value(invocationKey{}).(*invocation)
	return i
}

// functionTimeout is how long a function may run.
const functionTimeout = 29 * time.Second

// invoke starts a function on one of the instances. returned is called when it has returned or
// died.
func (w *world) invoke(what string, run func(context.Context, *realtime.Server), returned func(died bool)) *invocation {
	w.invocations++
	ctx, cancel := context.WithCancel(context.Background())
	i := &invocation{id: w.invocations, what: what, cancel: cancel, returned: returned}
	if w.faulty && w.chance(w.profile.kills) {
		i.killAt, i.after = 1+w.random.IntN(9), w.chance(0.5)
	}
	w.running[i.id] = i
	i.timeout = w.after(functionTimeout, func() { w.kill(i, "at its timeout") })
	server := w.instances[w.random.IntN(len(w.instances))].server
	w.note("%s starts", i)
	go func() {
		run(context.WithValue(ctx, invocationKey{}, i), server)
		w.mu.Lock()
		i.ended = true
		w.mu.Unlock()
	}()
	return i
}

func (i *invocation) String() string { return fmt.Sprintf("#%d %s", i.id, i.what) }

// kill ends a function in the middle: its calls fail from now on, and nothing of it counts.
func (w *world) kill(i *invocation, when string) {
	w.note("%s dies %s", i, when)
	w.mu.Lock()
	i.dead = true
	var rest []*call
	for _, c := range w.waiting {
		if c.invocation == i {
			c.resume <- verdict{effect: none, err: context.Canceled}
		} else {
			rest = append(rest, c)
		}
	}
	w.waiting = rest
	w.mu.Unlock()
	i.cancel()
	w.finish(i, true)
}

// finish forgets an invocation that has returned or died.
func (w *world) finish(i *invocation, died bool) {
	if w.running[i.id] == nil {
		return
	}
	delete(w.running, i.id)
	w.mu.Lock()
	for id := range i.joined {
		w.network.connections[id].halfJoined = w.network.connections[id].halfJoined || died || i.faulted
	}
	w.mu.Unlock()
	w.stop(i.timeout)
	i.cancel()
	if i.returned != nil {
		i.returned(died)
	}
}

// sweepers take parts of a sweep over, as Lambda takes asynchronous invocations.
type sweepers struct{ world *world }

// HandOverSweep implements realtime.SweepHandover.
func (s sweepers) HandOverSweep(ctx context.Context, p realtime.SweepPart) error {
	what := fmt.Sprintf("sweep of %s %d", p.Of, p.Part)
	return do(ctx, s.world, "HandOverSweep", what, func() error {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.may(0, func() {
			s.world.invoke(what, func(ctx context.Context, server *realtime.Server) {
				if err := server.SweepPart(ctx, p); err != nil {
					s.world.note("            %s: %v", what, err)
				}
			}, nil)
		}, "Lambda delivers: %s", what)
		return nil
	}, nil)
}

// sweep runs the schedule's function.
func (w *world) sweep(at time.Time) {
	w.invoke("sweep", func(ctx context.Context, s *realtime.Server) {
		if err := s.Sweep(ctx, at); err != nil {
			w.note("            sweep: %v", err)
		}
	}, nil)
}
