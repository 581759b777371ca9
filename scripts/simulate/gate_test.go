package simulate

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// call is a call of a store or of the gateway that waits for the world to let it go on.
type call struct {
	invocation *invocation
	operation  string
	// key orders calls; label, or without one the key, names what is called for people.
	key, label string
	// number counts the calls of the invocation.
	number int
	// posts tells calls of the gateway from those of the stores.
	posts  bool
	resume chan verdict
}

// effect is what a call does.
type effect int

const (
	whole effect = iota
	none
	// half is a call of several steps that was cut between them.
	half
)

// verdict is what becomes of a call: its effect, then how long nothing answers, then its error.
type verdict struct {
	effect effect
	hangs  time.Duration
	err    error
	// lasts: the SDK's repetitions of the call fail too.
	lasts bool
}

// unavailable is a failure that may pass, as the stores tell one.
type unavailable string

// Error implements error.
func (u unavailable) Error() string { return string(u) }

// Unavailable tells realtime.Safe that the failure may pass.
func (unavailable) Unavailable() bool { return true }

// The failures of a store.
const (
	errThrottled = unavailable("throttled")
	errConflict  = unavailable("transaction conflict")
	errInternal  = unavailable("internal server error")
	errLost      = unavailable("committed, and the answer lost")
	errCut       = unavailable("cut in the middle")
	errHangs     = unavailable("no answer")
	errTooLate   = unavailable("the deadline has passed")
	errLostHangs = unavailable("committed, and no answer")
)

// faults are what may become of a call of a store.
var faults = []verdict{
	{effect: none, err: errThrottled},
	{effect: none, err: errConflict},
	{effect: none, err: errInternal},
	{effect: whole, err: errLost},
	{effect: half, err: errCut},
	{effect: none, hangs: 2 * time.Second, err: errHangs},
	{effect: whole, hangs: 2 * time.Second, err: errLostHangs},
}

// gate makes a call wait until the world lets it go on, and carries out the verdict. do does
// the whole call; cut, which may be nil, does its first half.
func gate[T any](ctx context.Context, w *world, c *call, do func() (T, error), cut func()) (T, error) {
	var zero T
	c.invocation = invocationOf(ctx)
	if c.invocation == nil { // the checker
		return do()
	}
	v := w.await(c)
	if err := ctx.Err(); v.err == nil && err != nil {
		if !c.posts && errors.Is(err, context.DeadlineExceeded) {
			err = errTooLate // as the stores tell it
		}
		return zero, err
	}
	var result T
	var err error
	switch {
	case v.effect == whole:
		result, err = do()
	case v.effect == half && cut != nil:
		cut()
	}
	if v.hangs > 0 {
		// No two at the same moment, so that a history does not depend on who wakes first.
		time.Sleep(v.hangs + time.Duration(100*c.invocation.id+c.number)*time.Microsecond)
	}
	if v.err != nil {
		return zero, v.err
	}
	return result, err
}

// await returns the world's verdict on a call.
func (w *world) await(c *call) verdict {
	w.mu.Lock()
	if c.invocation.dead {
		w.mu.Unlock()
		return verdict{effect: none, err: context.Canceled}
	}
	c.resume = make(chan verdict, 1)
	w.waiting = append(w.waiting, c)
	w.mu.Unlock()
	return <-c.resume
}

// calls returns the calls that wait, in an order that does not depend on goroutines, and
// notices the functions that have returned.
func (w *world) calls() []*call {
	w.mu.Lock()
	var ended []*invocation
	for _, i := range w.running {
		if i.ended {
			ended = append(ended, i)
		}
	}
	w.mu.Unlock()
	slices.SortFunc(ended, func(a, b *invocation) int { return cmp.Compare(a.id, b.id) })
	for _, i := range ended {
		w.note("%s returns", i)
		w.finish(i, false)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.waiting, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.invocation.id, b.invocation.id), cmp.Compare(a.operation, b.operation), cmp.Compare(a.key, b.key))
	})
	return slices.Clone(w.waiting)
}

// release lets a call go on, with what chance or the script decides.
func (w *world) release(c *call) {
	i := c.invocation
	i.calls++
	c.number = i.calls
	v, dies := w.judge(c)
	w.mu.Lock()
	w.waiting = slices.DeleteFunc(w.waiting, func(other *call) bool { return other == c })
	if dies {
		i.dead = true // before the call has its effect, so that no other of the function follows
	}
	w.mu.Unlock()
	if v.effect == whole {
		i.effects++
	}
	label := abridge([]byte(cmp.Or(c.label, c.key)))
	if v.err != nil {
		i.faulted = true
		w.note("  #%d.%d %s %s: %v", i.id, i.calls, c.operation, label, v.err)
	} else {
		w.note("  #%d.%d %s %s", i.id, i.calls, c.operation, label)
	}
	c.resume <- v
	w.pass(time.Duration(1+w.random.IntN(2000)) * time.Microsecond)
	if dies {
		w.kill(i, "here")
	}
	switch v.err {
	case realtime.ErrBusy, errConflict:
		w.pass(busyPause)
	case errCut:
		w.pass(3 * busyPause)
	}
}

// busyPause is longer than the random pauses of the engine and of the stores after a failure,
// so that a history does not depend on them.
const busyPause = 500 * time.Millisecond

// judge decides what becomes of a call, and whether its function dies with it.
func (w *world) judge(c *call) (v verdict, dies bool) {
	i := c.invocation
	if w.script != nil {
		return w.script(c)
	}
	if i.killAt > 0 && i.calls == i.killAt {
		if i.after {
			return verdict{effect: w.wholeOrHalf(), err: context.Canceled}, true
		}
		return verdict{effect: none, err: context.Canceled}, true
	}
	often := w.profile.faults
	if c.posts {
		often = w.profile.posts
	}
	if !w.faulty || !w.chance(often) {
		return verdict{}, false
	}
	if c.posts {
		return postFaults[w.random.IntN(len(postFaults))], false
	}
	v = faults[w.random.IntN(len(faults))]
	v.lasts = w.chance(0.5)
	return v, false
}

func (w *world) wholeOrHalf() effect {
	if w.chance(0.3) {
		return half
	}
	return whole
}
