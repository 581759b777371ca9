package realtime_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// API Gateway answers a message whose function takes longer than 29 s with a frame of its
// own, which no Socket.IO client can read.
func TestAHandlerThatDoesNotReturnIsAnsweredByTheEngine(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.HandlerDeadline = 50 * time.Millisecond })
	never := make(chan struct{})
	defer close(never)
	stuck := func(context.Context, *realtime.Socket) error {
		<-never
		return nil
	}
	f.Handle("stuck", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		e.Ack("it has begun")
		return stuck(ctx, s)
	})
	f.Handle("obedient", func(ctx context.Context, _ *realtime.Socket, e *realtime.Event) error {
		<-ctx.Done()
		e.Ack("in time")
		return nil
	})
	f.Handle("late", func(ctx context.Context, _ *realtime.Socket, _ *realtime.Event) error {
		<-ctx.Done()
		return ctx.Err()
	})
	f.Of("/middleware").Use(stuck)
	f.Of("/late").OnConnection(func(ctx context.Context, _ *realtime.Socket) error {
		<-ctx.Done()
		return fmt.Errorf("load profile: %w", ctx.Err())
	})
	f.Of("/connection").OnConnection(stuck)
	f.connect("a")
	want(t, "a handler that ignores its context", f.send("a", `421["stuck"]`),
		`431[{"ok":false,"error":{"code":"unavailable","message":"Try again in a moment.","temporary":true}}]`)
	want(t, "without an acknowledgement", f.send("a", `42["stuck"]`), "6")
	want(t, "a handler that heeds its context", f.send("a", `421["obedient"]`), `431["in time"]`)
	want(t, "a handler that says so", f.send("a", `421["late"]`),
		`431[{"ok":false,"error":{"code":"unavailable","message":"Try again in a moment.","temporary":true}}]`)
	for _, namespace := range []string{"/middleware", "/connection", "/late"} {
		f.connect("b")
		want(t, namespace, f.send("b", "40"+namespace+","), "6")
		want(t, namespace+": closed, so that the client comes back", f.gateway.Closed("b"), true)
	}
}

// panicking is a store with a fault.
type panicking struct{ store.Store }

func (panicking) Touch(context.Context, string, store.Touch) (store.Connection, error) {
	panic("a fault of the store")
}

func TestAPanicOutsideTheHandlersIsAnsweredByTheEngine(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Store = panicking{o.Store} })
	f.open("a")
	want(t, "an event", f.send("a", `421["x"]`),
		`431[{"ok":false,"error":{"code":"internal","message":"Something went wrong on our side."}}]`)
	want(t, "an event without an acknowledgement", f.send("a", `42["x"]`), "6")
	want(t, "a CONNECT", f.send("a", "40"), "6")
	want(t, "closed, so that the client comes back", f.gateway.Closed("a"), true)
}

// API Gateway does not wait longer for a function that must start first.
func TestAColdStartIsPartOfTheDeadline(t *testing.T) {
	left := make(chan time.Duration, 1)
	f := newFixture(t)
	f.Handle("ask", func(ctx context.Context, _ *realtime.Socket, _ *realtime.Event) error {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return nil
	})
	f.connect("a")
	for _, c := range []struct {
		what        string
		passed      time.Duration
		above, upTo time.Duration
	}{
		{"at once", 0, 20 * time.Second, 25 * time.Second},
		{"after a cold start", 8 * time.Second, 12 * time.Second, 17 * time.Second},
		{"the gateway's clock is an hour behind", time.Hour, 10 * time.Second, 15 * time.Second},
		{"the gateway's clock is an hour ahead", -time.Hour, 20 * time.Second, 25 * time.Second},
	} {
		f.Receive(t.Context(), realtime.Message{ConnectionID: "a", Body: `42["ask"]`, At: time.Now().Add(-c.passed)})
		if got := <-left; got <= c.above || got > c.upTo {
			t.Errorf("%s: %v are left", c.what, got)
		}
	}
}
