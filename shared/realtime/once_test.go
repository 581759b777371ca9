package realtime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

type order struct {
	ID   string `json:"id"`
	Item string `json:"item"`
}

// shop sells, each order once.
func shop(t *testing.T, sell func(order) (int, error)) *fixture {
	f := newFixture(t, func(o *realtime.Options) { o.AckTimeout = 200 * time.Millisecond })
	realtime.Once(f, "buy",
		func(_ *realtime.Socket, in order) string { return in.ID },
		func(_ context.Context, _ *realtime.Socket, in order) (int, error) { return sell(in) })
	return f
}

func TestAnEventSentAgainHasItsEffectOnceAndTheSameAnswer(t *testing.T) {
	var sold atomic.Int32
	f := shop(t, func(order) (int, error) { return int(sold.Add(1)), nil })
	f.connect("a", "b")
	var wg sync.WaitGroup
	for range 5 {
		for _, id := range []string{"a", "b"} {
			wg.Go(func() {
				want(t, "answer", f.send(id, `427["buy",{"id":"o1","item":"tea"}]`), `437[1]`)
			})
		}
	}
	wg.Wait()
	want(t, "another order", f.send("a", `428["buy",{"id":"o2","item":"tea"}]`), `438[2]`)
	want(t, "no key", f.send("a", `429["buy",{"item":"tea"}]`),
		`439[{"ok":false,"error":{"code":"bad_request","message":"The argument of \"buy\" has no key."}}]`)
}

func TestAFailedAttemptLeavesNothingBehind(t *testing.T) {
	failures := []error{realtime.Errorf("sold_out", "No tea."), errors.New("the till is stuck")}
	f := shop(t, func(order) (int, error) {
		if len(failures) > 0 {
			err := failures[0]
			failures = slices.Delete(failures, 0, 1)
			return 0, err
		}
		return 1, nil
	})
	f.connect("a")
	var answers []string
	for range 3 {
		answers = append(answers, f.send("a", `421["buy",{"id":"o"}]`))
	}
	want(t, "answers", answers, []string{
		`431[{"ok":false,"error":{"code":"sold_out","message":"No tea."}}]`,
		`431[{"ok":false,"error":{"code":"internal","message":"Something went wrong on our side."}}]`,
		`431[1]`,
	})
}

func TestAnAttemptWhoseFunctionDiedIsRepeatedWhenItsClaimIsOver(t *testing.T) {
	runs := 0
	var f *fixture
	f = shop(t, func(order) (int, error) {
		if runs++; runs == 1 {
			// As if this function died here: another retry comes, now and after the lease.
			busy := f.send("a", `422["buy",{"id":"o"}]`)
			want(t, "while it may still run", busy,
				`432[{"ok":false,"error":{"code":"unavailable","message":"Try again in a moment.","temporary":true}}]`)
			f.clock.Advance(store.ClaimLease + time.Second)
			want(t, "after the lease", f.send("a", `423["buy",{"id":"o"}]`), `433[2]`)
		}
		return runs, nil
	})
	f.connect("a")
	f.send("a", `421["buy",{"id":"o"}]`)
	want(t, "later", f.send("a", `424["buy",{"id":"o"}]`), `434[2]`)
	want(t, "runs", runs, 2)
}

func TestAnAnswerIsForgottenAfterItsTime(t *testing.T) {
	sold := 0
	f := shop(t, func(order) (int, error) { sold++; return sold, nil })
	f.connect("a")
	f.send("a", `421["buy",{"id":"o"}]`)
	f.clock.Advance(time.Hour + time.Second)
	want(t, "answer", f.send("a", `421["buy",{"id":"o"}]`), `431[2]`)
}

func TestAnAnswerWithBytesIsGivenAgain(t *testing.T) {
	f := newFixture(t)
	done := 0
	realtime.Once(f, "scan",
		func(_ *realtime.Socket, in order) string { return in.ID },
		func(context.Context, *realtime.Socket, order) (map[string]realtime.Binary, error) {
			done++
			return map[string]realtime.Binary{"page": realtime.Binary("bytes")}, nil
		})
	f.connect("a")
	for range 2 {
		want(t, "answer", f.send("a", `421["scan",{"id":"o"}]`), "6")
		want(t, "posted", f.gateway.Take("a"), []string{`461-1[{"page":{"_placeholder":true,"num":0}}]`, "bYnl0ZXM="})
	}
	want(t, "done", done, 1)
}

func TestWhatHasTooLargeAnAnswerIsDoneOnceAllTheSame(t *testing.T) {
	f := newFixture(t)
	done := 0
	realtime.Once(f, "report",
		func(_ *realtime.Socket, in order) string { return in.ID },
		func(context.Context, *realtime.Socket, order) (string, error) {
			done++
			return strings.Repeat("x", 500<<10), nil
		})
	f.connect("a")
	for range 2 {
		want(t, "answer", f.send("a", `421["report",{"id":"o"}]`),
			`431[{"ok":false,"error":{"code":"too_large","message":"The answer is larger than a message may be."}}]`)
	}
	want(t, "done", done, 1)
}
