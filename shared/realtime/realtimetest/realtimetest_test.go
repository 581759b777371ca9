package realtimetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// fakeTest is a test whose failures a test looks at. Fatalf panics with errFatal.
type fakeTest struct {
	testing.TB
	errors []string
}

var errFatal = errors.New("fatal")

func (f *fakeTest) Helper()                  {}
func (f *fakeTest) Logf(string, ...any)      {}
func (f *fakeTest) Output() io.Writer        { return io.Discard }
func (f *fakeTest) Context() context.Context { return context.Background() }
func (f *fakeTest) Errorf(s string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(s, args...))
}
func (f *fakeTest) Fatalf(s string, args ...any) {
	f.Errorf(s, args...)
	panic(errFatal)
}

// fails runs f and returns what it reported.
func (f *fakeTest) fails(do func()) string {
	func() {
		defer func() {
			if p := recover(); p != nil && p != errFatal {
				panic(p)
			}
		}()
		do()
	}()
	reported := strings.Join(f.errors, "; ")
	f.errors = nil
	return reported
}

func runExample(test func(testing.TB)) {
	f := &fakeTest{}
	if reported := f.fails(func() { test(f) }); reported != "" {
		fmt.Fprintln(os.Stdout, reported)
	}
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func names(events []realtimetest.Event) (names []string) {
	for _, e := range events {
		names = append(names, e.String())
	}
	return names
}

// counter counts in a variable of its own, which is lost, and in one of the test's.
func counter(kept *int) func(*realtime.Server) {
	return func(srv *realtime.Server) {
		var own int
		realtime.On(srv, "count", func(context.Context, *realtime.Socket, realtime.None) ([]int, error) {
			own++
			*kept++
			return []int{own, *kept}, nil
		})
	}
}

func TestWhatAHandlerKeepsInMemoryIsLostUnlessTheInstanceIsKept(t *testing.T) {
	for _, keep := range []bool{false, true} {
		kept := 0
		srv := realtimetest.New(t, counter(&kept), func(o *realtimetest.Options) { o.KeepInstance = keep })
		c := srv.Connect("/", nil)
		var counts []int
		for range 2 {
			if err := c.EmitWithAck("count", &counts); err != nil {
				t.Fatal(err)
			}
		}
		own := 1
		if keep {
			own = 2
		}
		want(t, fmt.Sprintf("counts, kept %v", keep), counts, []int{own, 2})
	}
}

func TestAnAcknowledgementIsDecodedOrAnError(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		srv.Handle("answer", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
			e.Ack(e.Args.Any()...)
			return nil
		})
		srv.Handle("ignore", func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
		srv.Handle("refuse", func(context.Context, *realtime.Socket, *realtime.Event) error {
			return &realtime.Error{Code: "full", Message: "It is full.", Data: 3, Temporary: true}
		})
		srv.Handle("leave", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
			return s.Disconnect(ctx, true)
		})
	})
	c := srv.Connect("/", nil)
	var all realtime.Args
	if err := c.EmitWithAck("answer", &all, 1, "two"); err != nil || len(all) != 2 {
		t.Errorf("all arguments: %s, %v", all, err)
	}
	var text string
	if err := c.EmitWithAck("answer", &text, "one"); err != nil || text != "one" {
		t.Errorf("one argument: %q, %v", text, err)
	}
	if err := c.EmitWithAck("answer", &text, 1); err == nil {
		t.Error("an argument of another type was decoded")
	}
	notAnError := map[string]any{"ok": false}
	if err := c.EmitWithAck("answer", nil, notAnError); err != nil {
		t.Errorf("an answer that looks like an error: %v", err)
	}
	err := c.EmitWithAck("refuse", nil)
	var refusal *realtime.Error
	if !errors.As(err, &refusal) || realtimetest.Code(err) != "full" || !refusal.Temporary {
		t.Errorf("refused: %v", err)
	}
	want(t, "the code of another error", realtimetest.Code(io.EOF), "")
	if err := c.EmitWithAck("ignore", nil); !errors.Is(err, realtimetest.ErrNoAck) {
		t.Errorf("ignored: %v", err)
	}
	if err := c.EmitWithAck("leave", nil); !errors.Is(err, realtimetest.ErrDisconnected) {
		t.Errorf("cut off: %v", err)
	}
	if err := c.EmitWithAck("answer", nil); !errors.Is(err, realtimetest.ErrDisconnected) {
		t.Errorf("disconnected: %v", err)
	}
	if err := c.EmitWithAck("answer", nil, make(chan int)); err == nil {
		t.Error("a channel was emitted")
	}
}

func TestARefusedSocketGetsAnError(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		srv.Use(func(_ context.Context, s *realtime.Socket) error {
			var auth struct{ Token string }
			if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Token != "good" {
				return realtime.Errorf("unauthorized", "Sign in first.")
			}
			return nil
		})
	}, func(o *realtimetest.Options) { o.AllowedOrigins = []string{"https://example.com"} })
	_, err := srv.Dial("/", map[string]string{"token": "bad"})
	want(t, "code", realtimetest.Code(err), "unauthorized")
	if err == nil || !strings.Contains(err.Error(), "Sign in first.") {
		t.Errorf("error %v", err)
	}
	_, err = srv.Dial("/nowhere", nil)
	if err == nil || !strings.Contains(err.Error(), "Invalid namespace") {
		t.Errorf("unknown namespace: %v", err)
	}
	_, err = srv.Open(func(u *realtime.Upgrade) { u.Headers["Origin"] = "https://evil.example" })
	var refusal *realtime.Refusal
	if !errors.As(err, &refusal) || refusal.Status != 403 {
		t.Errorf("origin: %v", err)
	}
	if _, err := srv.Dial("/", "not an object"); err == nil {
		t.Error("auth that is no object was sent")
	}
	if !srv.Connect("", map[string]string{"token": "good"}).Connected() {
		t.Error("the good token was refused")
	}
}

func TestOneConnectionCarriesSeveralSockets(t *testing.T) {
	var ended []string
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		for _, name := range []string{"/", "/a"} {
			ns := srv.Of(name)
			realtime.On(ns, "where", func(_ context.Context, s *realtime.Socket, _ realtime.None) (string, error) {
				return s.Namespace().Name() + " " + s.ConnectionID(), nil
			})
			ns.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
				ended = append(ended, fmt.Sprint(name, " ", reason))
				return nil
			})
		}
	})
	root := srv.Connect("/", nil)
	a, err := root.Conn().Connect("a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.Conn().Connect("a", nil); err == nil {
		t.Error("a second socket in a namespace was connected")
	}
	for _, c := range []*realtimetest.Client{root, a} {
		var where string
		if err := c.EmitWithAck("where", &where); err != nil {
			t.Fatal(err)
		}
		c.Emit("where")
		if !strings.HasSuffix(where, root.Conn().ID()) {
			t.Errorf("where: %s", where)
		}
	}
	a.Disconnect()
	want(t, "ended", ended, []string{"/a client namespace disconnect"})
	want(t, "the other is connected", root.Connected(), true)
	if a, err = root.Conn().Connect("/a", nil); err != nil {
		t.Fatal(err)
	}
	a.Disconnect()
	root.Disconnect()
	root.Disconnect()
	want(t, "open without sockets", root.Conn().Open(), false)
	want(t, "ended", ended[2:], []string{"/ client namespace disconnect"})
}

func TestAClientAnswersQuestions(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		realtime.On(srv, "ask", func(ctx context.Context, s *realtime.Socket, who string) (string, error) {
			reply, err := s.Timeout(200*time.Millisecond).EmitWithAck(ctx, "question", who)
			if err != nil {
				return "", realtime.Errorf("no_answer", "You did not answer.").Because(err)
			}
			var answer string
			return answer, reply.Decode(0, &answer)
		})
		srv.HandleAck("later", func(ctx context.Context, s *realtime.Socket, args realtime.Args) error {
			return s.Emit(ctx, "answered", args.Any()...)
		})
		srv.Handle("ask later", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
			return s.EmitThen(ctx, "later", "question", "later")
		})
	})
	c := srv.Connect("/", nil)
	want(t, "without a handler", realtimetest.Code(c.EmitWithAck("ask", nil, "anybody")), "no_answer")
	c.Expect("question", "anybody")
	c.On("question", func(args realtime.Args) any {
		var who string
		if err := args.Decode(0, &who); err != nil || who == "nobody" {
			return nil
		}
		return "I, " + who
	})
	var answer string
	if err := c.EmitWithAck("ask", &answer, "Ada"); err != nil || answer != "I, Ada" {
		t.Errorf("answer %q, %v", answer, err)
	}
	c.ExpectNone()
	c.Emit("ask later")
	c.Expect("answered", "I, later")
}

func TestBinaryDataGoesBothWays(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		type photo struct {
			Small, Large realtime.Binary
		}
		realtime.On(srv, "swap", func(ctx context.Context, s *realtime.Socket, p photo) (photo, error) {
			return photo{p.Large, p.Small}, s.Emit(ctx, "photo", p.Large, map[string]any{"small": p.Small})
		})
	})
	c := srv.Connect("/", nil)
	var swapped struct{ Small, Large realtime.Binary }
	sent := map[string]realtime.Binary{"Small": {1}, "Large": {2, 3}}
	if err := c.EmitWithAck("swap", &swapped, sent); err != nil {
		t.Fatal(err)
	}
	want(t, "swapped", swapped.Small, realtime.Binary{2, 3})
	c.Expect("photo", realtime.Binary{2, 3}, map[string]any{"small": realtime.Binary{1}})
	c.Emit("swap", sent)
	var large realtime.Binary
	c.Expect("photo", &large)
	want(t, "large", large, realtime.Binary{2, 3})
}

func TestTheGatewaysLimits(t *testing.T) {
	var ended realtime.Reason
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		realtime.On(srv, "echo", func(ctx context.Context, s *realtime.Socket, n int) (realtime.None, error) {
			return realtime.None{}, s.Emit(ctx, "echo", strings.Repeat("x", n))
		})
		srv.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
			ended = reason
			return nil
		})
	})
	c := srv.Connect("/", nil)
	want(t, "a frame for the client", realtimetest.Code(c.EmitWithAck("echo", nil, realtimetest.MaxPost)), realtime.CodeInternal)
	want(t, "posted by hand", srv.Gateway.Post(t.Context(), c.Conn().ID(), make([]byte, realtimetest.MaxPost+1)), realtime.ErrTooLarge)
	err := c.EmitWithAck("echo", nil, strings.Repeat("x", realtimetest.MaxFrame))
	if !errors.Is(err, realtimetest.ErrDisconnected) {
		t.Errorf("a frame of the client: %v", err)
	}
	want(t, "connected", c.Connected(), false)
	want(t, "reason", ended, realtime.ParseError)
}

func TestALineThatBreaksAndASessionThatComesBack(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		srv.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
			if s.Recovered() {
				return nil
			}
			return s.Join(ctx, "room")
		})
	}, func(o *realtimetest.Options) { o.Recovery = &realtime.Recovery{} })
	c := srv.Connect("/", map[string]string{"name": "Ada"})
	say := func(text string) {
		t.Helper()
		if err := srv.Instance().To("room").Emit(t.Context(), "said", text); err != nil {
			t.Fatal(err)
		}
	}
	say("one")
	c.Expect("said", "one")
	id := c.ID()
	for i := range 2 {
		c.Cut()
		want(t, "connected", c.Connected(), false)
		say("two")
		say("three")
		recovered, err := c.Reconnect()
		if err != nil || !recovered || c.ID() != id {
			t.Fatalf("reconnection %d: recovered %v, %v", i, recovered, err)
		}
		c.Expect("said", "two")
		c.Expect("said", "three")
		c.ExpectNone()
	}
	c.Cut()
	srv.Clock.Advance(time.Hour)
	recovered, err := c.Reconnect()
	if err != nil || recovered || c.ID() == id {
		t.Errorf("after an hour: recovered %v, %v", recovered, err)
	}
}

func TestTheSweepVisitsEveryConnectionOnce(t *testing.T) {
	var ended atomic.Int64
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		srv.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
			ended.Add(1)
			if reason != realtime.TransportClose {
				t.Errorf("reason: %s", reason)
			}
			return nil
		})
	}, func(o *realtimetest.Options) { o.Lifetime = time.Hour })
	var clients []*realtimetest.Client
	for range 20 {
		clients = append(clients, srv.Connect("/", nil))
	}
	start := srv.Clock.Now()
	for range 4 {
		srv.Sweep() // with pings, which the clients answer
	}
	want(t, "ended within the lifetime", ended.Load(), 0)
	if passed := srv.Clock.Now().Sub(start); passed < 36*time.Minute || passed > 37*time.Minute {
		t.Errorf("four rounds took %v", passed)
	}
	for range 4 {
		srv.Sweep()
	}
	want(t, "ended", ended.Load(), int64(len(clients)))
	want(t, "connected", clients[0].Connected(), false)
}

func TestFailedExpectationsAreReported(t *testing.T) {
	fake := &fakeTest{}
	srv := realtimetest.New(fake, func(srv *realtime.Server) {
		srv.Handle("echo", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
			return s.Emit(ctx, "echoed", e.Args.Any()...)
		})
	})
	c := srv.Connect("/", nil)
	for _, test := range []struct {
		what, want string
		do         func()
	}{
		{"nothing received", "echoed of / was not received: there is no event", func() { c.Expect("echoed") }},
		{"another event", `other of / was not received: there is echoed[1]`, func() { c.Emit("echo", 1); c.Expect("other") }},
		{"another argument", "echoed[1]: argument 1: got 1, want 2", func() { c.Expect("echoed", 2) }},
		{"a missing argument", "echoed[1]: argument 2: there is none", func() { c.Emit("echo", 1); c.Expect("echoed", 1, 2) }},
		{"an argument of another type", "echoed[1]: argument 1: ", func() {
			c.Emit("echo", 1)
			var text string
			c.Expect("echoed", &text)
		}},
		{"an event too many", "/ received [echoed[]]", func() { c.Emit("echo"); c.ExpectNone() }},
		{"all as expected", "", func() { c.Emit("echo", 1, nil); c.Expect("echoed", 1, nil); c.ExpectNone() }},
		{"a refused connection", "connect to /nowhere: ", func() { srv.Connect("/nowhere", nil) }},
		{"an emit after the end", "emit echo: ", func() { c.Disconnect(); c.Emit("echo") }},
	} {
		got := fake.fails(test.do)
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: reported %q, want %q", test.what, got, test.want)
		}
	}
}

func TestReceivedEventsAreInOrder(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		srv.Handle("count", func(ctx context.Context, _ *realtime.Socket, _ *realtime.Event) error {
			return errors.Join(srv.Emit(ctx, "n", 1), srv.Emit(ctx, "m"), srv.Emit(ctx, "n", 2))
		})
	})
	a, b := srv.Connect("/", nil), srv.Connect("/", nil)
	a.Emit("count")
	a.Expect("n", 1)
	want(t, "a", names(a.Received()), []string{"m[]", "n[2]"})
	want(t, "b", names(b.Received()), []string{"n[1]", "m[]", "n[2]"})
	want(t, "received again", len(b.Received()), 0)
}

func TestClientsMayEmitAtOnce(t *testing.T) {
	srv := realtimetest.New(t, func(srv *realtime.Server) {
		srv.Handle("say", func(ctx context.Context, _ *realtime.Socket, e *realtime.Event) error {
			return srv.Emit(ctx, "said", e.Args.Any()...)
		})
	})
	const clients, each = 4, 10
	var all []*realtimetest.Client
	for range clients {
		all = append(all, srv.Connect("/", nil))
	}
	done := make(chan bool)
	for i, c := range all {
		go func() {
			for range each {
				c.Emit("say", i)
			}
			done <- true
		}()
	}
	for range all {
		<-done
	}
	for _, c := range all {
		want(t, "received", len(c.Received()), clients*each)
	}
}
