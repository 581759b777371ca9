package realtime_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Without the reply to its CONNECT a client waits for ever.
func TestTheReplyToAConnectSurvivesABusyGateway(t *testing.T) {
	speak := map[string]func(context.Context, *realtime.Socket) error{
		"a volatile event": func(ctx context.Context, s *realtime.Socket) error { return s.Volatile().Emit(ctx, "hello") },
		"an event":         func(ctx context.Context, s *realtime.Socket) error { return s.Emit(ctx, "hello") },
		"a broadcast":      func(ctx context.Context, s *realtime.Socket) error { return s.Namespace().Emit(ctx, "hello") },
	}
	for what, say := range speak {
		for failure, c := range map[string]struct {
			err error
			// times it fails; closes the connection, so that the client comes back.
			times  int
			closes bool
		}{
			"once":       {realtime.ErrBusy, 1, false},
			"always":     {realtime.ErrBusy, 1000, false},
			"unanswered": {realtime.ErrUnanswered, 1, true},
		} {
			t.Run(what+", "+failure, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
					_ = say(ctx, s)
					return nil
				})
				f.open("a")
				f.gateway.Fail = func(string, []byte) error {
					if c.times--; c.times >= 0 {
						return c.err
					}
					return nil
				}
				reply := f.send("a", "40")
				all := append(f.gateway.Take("a"), reply)
				replies := strings.Count(strings.Join(all, " "), `40{"sid"`)
				if closed := f.gateway.Closed("a"); closed != c.closes || !closed && replies != 1 {
					t.Errorf("closed %v, frames %q", closed, all)
				}
				if !c.closes && !strings.HasPrefix(all[0], "40") {
					t.Errorf("before the reply came %q", all[0])
				}
			})
		}
	}
}

func TestASocketThatEndsWhileItsConnectionHandlersRunIsNotLeftBehind(t *testing.T) {
	f := newFixture(t)
	var order calls
	ends := map[string]func(ctx context.Context){
		"with its connection": func(ctx context.Context) { _ = f.Closed(ctx, "a", 1001) },
		"by its client":       func(context.Context) { f.send("a", "41") },
		"not at all":          func(context.Context) {},
	}
	f.Of("/keeps")
	how := ""
	f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		ends[how](ctx)
		order.add("connection")
		return s.Join(ctx, "room")
	})
	f.OnDisconnect(func(context.Context, *realtime.Socket, realtime.Reason) error {
		order.add("disconnect")
		return nil
	})
	for how = range ends {
		f.open("a")
		f.join("a", "40/keeps")
		f.send("a", "40")
		wanted, members := []string{"disconnect", "connection", "disconnect"}, 0
		if how == "not at all" {
			wanted, members = []string{"connection"}, 1
		}
		want(t, how, order.take(), wanted)
		want(t, how+": everyone", f.members(store.Everyone), members)
		want(t, how+": the room", f.members("room"), members)
		_ = f.Closed(t.Context(), "a", 1001)
		order.take()
	}
}

func TestAConnectAboveTheRateIsRefusedWithoutAskingTheMiddlewares(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Rate.Messages = 5 })
	guesses := 0
	f.Use(func(context.Context, *realtime.Socket) error {
		guesses++
		return realtime.Errorf("unauthorized", "Wrong.")
	})
	f.open("a")
	f.clock.Advance(4*time.Second - f.clock.Now().Sub(f.clock.Now().Truncate(10*time.Second)) + 10*time.Second)
	for range 5 {
		f.send("a", `40{"password":"guess"}`)
	}
	want(t, "answer", f.send("a", `40{"password":"guess"}`), `44{"data":{"code":"rate_limited","retryAfter":6},"message":"Too many messages in a short time."}`)
	want(t, "guesses", guesses, 5)
}

func TestANamespacesNameIsBounded(t *testing.T) {
	f := newFixture(t)
	f.OfFunc(func(string) bool { return true })
	f.open("a")
	name := "/" + strings.Repeat("n", 512)
	want(t, "answer", f.send("a", "40"+name+","), "44"+name+`,{"message":"Invalid namespace"}`)
	f.join("a", "40"+name[:512]+",")
}

func TestADisconnectInTheConnectionHandlerEndsTheSocketOnce(t *testing.T) {
	for _, closeConnection := range []bool{false, true} {
		f, seen := watched(t)
		var rooms []string
		f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
			err := errors.Join(s.Join(ctx, "room"), s.Disconnect(ctx, closeConnection))
			rooms = s.Rooms()
			return err
		})
		f.connect("b")
		want(t, "handlers", seen.take(), []string{
			"disconnecting server namespace disconnect [room]", "disconnect server namespace disconnect 0",
		})
		want(t, "rooms afterwards", rooms, []string(nil))
		want(t, "closed", f.gateway.Closed("b"), closeConnection)
	}
}

func TestAConnectionHandlerThatFailsEndsItsSocketOnce(t *testing.T) {
	f, seen := watched(t)
	f.OnConnection(func(context.Context, *realtime.Socket) error { return errors.New("broken") })
	f.connect("b")
	want(t, "handlers", seen.take(), []string{"disconnecting server namespace disconnect []", "disconnect server namespace disconnect 0"})
}

func TestTheHandshakeKeepsTheHeadersThatAreNamed(t *testing.T) {
	headers := map[string]string{
		"Host": "api.example.com", "User-Agent": "test", "Accept-Language": "en", "X-Forwarded-For": "192.0.2.1",
		"Cookie": "session=secret", "X-Tenant": "blue", "Sec-WebSocket-Key": "key",
	}
	kept := map[string]string{"host": "api.example.com", "user-agent": "test", "accept-language": "en", "x-forwarded-for": "192.0.2.1"}
	for _, c := range []struct{ named, more []string }{
		{nil, nil},
		{[]string{"X-Tenant", "x-unknown"}, []string{"X-Tenant"}},
		{[]string{"*"}, []string{"X-Tenant", "Cookie", "Sec-WebSocket-Key"}},
	} {
		f := newFixture(t, func(o *realtime.Options) { o.Headers = c.named })
		got := make(chan map[string]string, 2)
		look := func(s *realtime.Socket) { got <- s.Handshake().Headers }
		f.Use(func(_ context.Context, s *realtime.Socket) error { look(s); return nil })
		f.Handle("look", func(_ context.Context, s *realtime.Socket, _ *realtime.Event) error { look(s); return nil })
		f.gateway.Open("a")
		_, err := f.Accept(t.Context(), realtime.Upgrade{
			ConnectionID: "a", Headers: headers, Query: map[string]string{"EIO": "4", "transport": "websocket"}, At: f.clock.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		f.send("a", "40")
		f.send("a", `42["look"]`)
		expected := maps.Clone(kept)
		for _, name := range c.more {
			expected[strings.ToLower(name)] = headers[name]
		}
		want(t, "in a middleware", <-got, expected)
		want(t, "in a handler", <-got, expected)
	}
}

func TestALargeHandshakeIsSeenWholeAndATooLargeOneRefused(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Headers = []string{"*"} })
	got := make(chan realtime.Handshake, 3)
	f.Use(func(_ context.Context, s *realtime.Socket) error { got <- s.Handshake(); return nil })
	f.Handle("look", func(_ context.Context, s *realtime.Socket, _ *realtime.Event) error {
		got <- s.Handshake()
		return nil
	})
	accept := func(id string, header, query int) error {
		f.gateway.Open(id)
		_, err := f.Accept(t.Context(), realtime.Upgrade{
			ConnectionID: id, Address: "192.0.2.1", At: f.clock.Now(),
			Headers: map[string]string{"x-large": strings.Repeat("h", header)},
			Query:   map[string]string{"EIO": "4", "transport": "websocket", "q": strings.Repeat("q", query)},
		})
		return err
	}
	if err := accept("a", 8000, 3500); err != nil {
		t.Fatal(err)
	}
	f.send("a", "40")
	f.send("a", `42["look"]`)
	found, err := f.FetchSockets(t.Context())
	if err != nil || len(found) != 1 {
		t.Fatalf("fetched %v, %v", found, err)
	}
	got <- found[0].Handshake
	for range 3 {
		h := <-got
		if len(h.Headers["x-large"]) != 8000 || len(h.Query["q"]) != 3500 || len(h.URL) < 3500 || h.Address != "192.0.2.1" {
			t.Errorf("got %.200v", h)
		}
	}
	var refusal *realtime.Refusal
	for _, sizes := range [][2]int{{11_000, 0}, {0, 4200}} {
		if err := accept("b", sizes[0], sizes[1]); !errors.As(err, &refusal) || refusal.Status != 400 || !strings.Contains(refusal.Message, "at most") {
			t.Errorf("%v: %v", sizes, err)
		}
	}
}

// slowToAdd is a store whose AddSocket writes the memberships when the connection has been ended,
// and gets no answer.
type slowToAdd struct{ store.Store }

func (s *slowToAdd) AddSocket(ctx context.Context, c store.Connection, namespace string, state store.SocketState) error {
	return errors.Join(s.Store.AddSocket(ctx, c, namespace, state), s.Store.RemoveConnection(ctx, c.ID),
		realtime.Unavailable(errors.New("no answer")))
}

// failsToAdd is a store that fails to add the first socket, when then has been called, and all that
// would close its connection.
type failsToAdd struct {
	store.Store
	then func()
}

var errDown = realtime.Unavailable(errors.New("the store is down"))

func (s *failsToAdd) AddSocket(ctx context.Context, c store.Connection, namespace string, state store.SocketState) error {
	if then := s.then; then != nil {
		s.then = nil
		then()
		return errDown
	}
	return s.Store.AddSocket(ctx, c, namespace, state)
}

func (s *failsToAdd) ClaimConnection(context.Context, string, time.Time, store.Reason) (store.Connection, error) {
	return store.Connection{}, errDown
}

// API Gateway may deliver a CONNECT twice. The first delivery fails, and cannot close the connection
// on which the second has succeeded.
func TestACONNECTThatFailsLeavesTheSocketOfItsSecondDeliveryInItsRooms(t *testing.T) {
	s := &failsToAdd{}
	f := newFixture(t, func(o *realtime.Options) { s.Store, o.Store = o.Store, s })
	f.Use(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "room") })
	f.gateway.FailClose = func(string) error { return errDown }
	f.open("a")
	s.then = func() { f.join("a", "40") }
	f.send("a", "40")
	for _, room := range []string{"room", store.Everyone} {
		want(t, "members of "+room, f.members(room), 1)
	}
}

func TestASocketThatIsStoredTooLateLeavesNoMembership(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Store = &slowToAdd{o.Store} })
	f.Use(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "room") })
	f.open("a")
	f.send("a", "40")
	want(t, "closed", f.gateway.Closed("a"), true)
	for _, room := range []string{"room", store.Everyone} {
		want(t, "members of "+room, f.members(room), 0)
	}
}
