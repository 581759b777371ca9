package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// account is a Payer. It refuses everything, or lets only what has been caused pass, while until
// is set.
type account struct {
	mu       sync.Mutex
	payments []int
	until    time.Time
	err      error
}

func (a *account) Pay(_ context.Context, _ *realtime.Socket, n int, caused bool) (time.Time, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until.IsZero() || caused {
		a.payments = append(a.payments, n)
	}
	return a.until, a.err
}

func (a *account) refuse(until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.until = until
}

func (a *account) take() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	payments := a.payments
	a.payments = nil
	return payments
}

// newPaidFixture returns a server on which messages count. Its event "say" is sent to everyone
// in the room "room", at the price of 6 and four deliveries, so that with its frame it counts 14.
func newPaidFixture(t *testing.T) (*fixture, *account) {
	t.Helper()
	f, a := newFixture(t), &account{}
	f.SetPayer(a)
	f.Use(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "room") })
	f.SetPrice("say", realtime.Price{Work: 6, Deliveries: 4})
	realtime.On(f, "say", func(ctx context.Context, s *realtime.Socket, _ none) (none, error) {
		return none{}, f.To("room").Emit(ctx, "said")
	})
	return f, a
}

const (
	entrance = 246 // with a room
	rejected = `431[{"ok":false,"error":{"code":"rate_limited","message":"Too many messages in a short time.","retryAfter":7,"temporary":true}}]`
)

func TestAConnectionPaysForItsMessagesInPieces(t *testing.T) {
	f, a := newPaidFixture(t)
	f.connect("a")
	want(t, "at first", a.take(), []int{entrance})
	for range 14 {
		want(t, "reply", f.send("a", `421["say"]`), "431[]") // the CONNECT counts 4, and these 196
	}
	want(t, "while the first grant lasts", a.take(), []int(nil))
	f.send("a", `421["say"]`)
	want(t, "afterwards", a.take(), []int{500})
	for range 34 {
		f.send("a", `421["say"]`)
	}
	want(t, "while that lasts", a.take(), []int(nil))
	f.send("a", `421["say"]`)
	want(t, "and so on", a.take(), []int{500})
	f.send("a", `421["say","`+strings.Repeat("x", 20<<10)+`"]`)
	f.send("a", `42["other"]`)
	f.send("a", `451-["say",{"_placeholder":true,"num":0}]`)
	records, err := f.store.Connections(t.Context(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "by its record", records[0].Caused, int64(4+50*14+14+2*20+9+14))
}

func TestMessagesAtOncePayForAllThatTheyCause(t *testing.T) {
	f, a := newPaidFixture(t)
	f.connect("a")
	a.take()
	const messages = 100
	var all sync.WaitGroup
	for range messages {
		all.Go(func() { f.send("a", `421["say"]`) })
	}
	all.Wait()
	paid := 200
	for _, n := range a.take() {
		paid += n
	}
	want(t, "paid", paid, 1700) // for 1,404
}

func TestWhatAnEventSendsBeyondItsPriceIsPaidForBeforeItIsSent(t *testing.T) {
	f, a := newPaidFixture(t)
	f.connect("a", "b", "c", "d", "e", "f")
	a.take()
	want(t, "reply", f.send("a", `421["say"]`), "431[]")
	want(t, "two more than the price", a.take(), []int{2})
	want(t, "sent", f.gateway.Take("b"), []string{`42["said"]`})

	a.refuse(f.clock.Now().Add(7 * time.Second))
	want(t, "reply", f.send("a", `421["say"]`), rejected)
	want(t, "sent", f.gateway.Take("b"), []string(nil))
	a.refuse(time.Time{})
	want(t, "at once", f.send("a", `421["say"]`), rejected)
	want(t, "a pong", f.send("a", "3"), "6")
	want(t, "of others", f.send("c", `421["say"]`), "431[]")
	f.clock.Advance(8 * time.Second)
	want(t, "afterwards", f.send("a", `421["say"]`), "431[]")
}

func TestAConnectionThatGoesOnThoughItIsLimitedIsClosed(t *testing.T) {
	f, a := newPaidFixture(t)
	f.connect("a")
	a.refuse(f.clock.Now().Add(7 * time.Second))
	for range 43 { // the fifteenth is limited, and the others count 392 from there on
		f.send("a", `421["say"]`)
	}
	want(t, "closed", f.gateway.Closed("a"), false)
	f.send("a", `421["say"]`)
	want(t, "closed", f.gateway.Closed("a"), true)
}

func TestAClientWhosePersonHasCausedTooMuchIsToldWhenToConnect(t *testing.T) {
	f, a := newPaidFixture(t)
	f.open("a")
	a.refuse(f.clock.Now().Add(6500 * time.Millisecond))
	want(t, "reply", f.send("a", "40"), `44{"data":{"code":"rate_limited","retryAfter":7},"message":"Too many messages in a short time."}`)
	want(t, "closed", f.gateway.Closed("a"), false)
	a.refuse(time.Time{})
	f.join("a", "40")
}

func TestMessagesThatNobodyPaysForAreFew(t *testing.T) {
	f, _ := newPaidFixture(t)
	f.open("a")
	f.connect("b")
	f.send("b", "41")
	for _, id := range []string{"a", "b"} {
		for range 60 {
			f.send(id, "3")
		}
		want(t, "closed", f.gateway.Closed(id), true)
	}
}

func TestNobodyIsRefusedAnythingBecauseTheAccountFails(t *testing.T) {
	f, a := newPaidFixture(t)
	a.err = errors.New("no answer")
	f.connect("a", "b", "c", "d", "e", "f")
	want(t, "reply", f.send("a", `421["say"]`), "431[]")
}

func TestArrivalsPayForBothWaysAndAreNeverRefused(t *testing.T) {
	for _, c := range []struct{ emits, paid int }{{4, 24}, {600, 976}} {
		f, a := newPaidFixture(t)
		f.connect("a", "b", "c", "d", "e")
		a.take()
		f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
			a.refuse(f.clock.Now().Add(time.Minute))
			for range c.emits {
				if err := f.To("room").Volatile().Emit(ctx, "come"); err != nil {
					return err
				}
			}
			return nil
		})
		f.connect("f")
		want(t, fmt.Sprint(c.emits, " events"), a.take(), []int{entrance, c.paid})
	}
}

func TestWhatAnEndingSendsIsNeverRefused(t *testing.T) {
	f, a := newPaidFixture(t)
	f.OnDisconnect(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		return f.To("room").Emit(ctx, "gone")
	})
	realtime.On(f, "leave", func(ctx context.Context, s *realtime.Socket, _ none) (none, error) {
		a.refuse(f.clock.Now().Add(time.Minute))
		return none{}, s.Disconnect(ctx, false)
	})
	f.SetPrice("leave", realtime.Price{})
	f.connect("a", "b")
	f.send("a", `421["leave"]`)
	want(t, "heard", f.gateway.Take("b"), []string{`42["gone"]`})
}

func TestAnOperationOutsideOfAConnectionPaysForWhatItSends(t *testing.T) {
	f, _ := newPaidFixture(t)
	f.connect("a", "b", "c", "d")
	var paid []int
	refusal := errors.New("too much")
	ctx := realtime.WithPayment(t.Context(), 5, func(_ context.Context, n int) error {
		paid = append(paid, n)
		if len(paid) == 2 {
			return refusal
		}
		return nil
	})
	for _, wanted := range []error{nil, nil, refusal} {
		if err := f.To("room").Emit(ctx, "said"); !errors.Is(err, wanted) {
			t.Errorf("got %v, want %v", err, wanted)
		}
	}
	want(t, "paid", paid, []int{3, 4})
	want(t, "heard", len(f.gateway.Take("a")), 2)
	if err := realtime.Spend(t.Context(), 1000); err != nil {
		t.Errorf("nobody pays, and got %v", err)
	}
}
