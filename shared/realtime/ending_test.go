package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// watched returns a fixture that notes the endings of sockets.
func watched(t *testing.T) (*fixture, *calls) {
	f := newFixture(t)
	seen := &calls{}
	f.OnDisconnecting(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
		seen.add("disconnecting %s %v", reason, s.Rooms()[1:])
		return nil
	})
	f.OnDisconnect(func(ctx context.Context, s *realtime.Socket, reason realtime.Reason) error {
		members, err := f.store.Members(ctx, "/", s.ID())
		seen.add("disconnect %s %d", reason, len(members))
		return err
	})
	f.Handle("join", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error { return s.Join(ctx, "room") })
	f.Handle("bye", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		var closeConnection bool
		return errors.Join(e.Args.Decode(0, &closeConnection), s.Disconnect(ctx, closeConnection))
	})
	f.connect("a")
	f.send("a", `42["join"]`)
	return f, seen
}

func (f *fixture) members(room string) int {
	f.t.Helper()
	members, err := f.store.Members(f.t.Context(), "/", room)
	if err != nil {
		f.t.Fatal(err)
	}
	return len(members)
}

func TestASocketEndsOnceForItsReason(t *testing.T) {
	closed := func(code int) func(*fixture) {
		return func(f *fixture) {
			for range 2 { // $disconnect may come twice
				if err := f.Closed(f.t.Context(), "a", code); err != nil {
					f.t.Fatal(err)
				}
			}
		}
	}
	cases := []struct {
		what   string
		end    func(*fixture)
		reason string
		closes bool
	}{
		{"the client closes", closed(1005), "transport close", false},
		{"the tab leaves", closed(1001), "transport close", false},
		{"the line is lost", closed(1006), "transport error", false},
		{"a frame is too large", closed(1009), "parse error", false},
		{"a binary frame", closed(1003), "parse error", false},
		{"the client says CLOSE", func(f *fixture) { f.send("a", "1") }, "transport close", true},
		{"the client leaves the namespace", func(f *fixture) { f.send("a", "41") }, "client namespace disconnect", false},
		{"no Engine.IO frame", func(f *fixture) { f.send("a", "2probe") }, "parse error", true},
		{"no Socket.IO packet", func(f *fixture) { f.send("a", "47") }, "forced close", true},
		{"a packet at the wrong time", func(f *fixture) { f.send("a", "42/custom,[1]") }, "forced server close", true},
		{"the server disconnects the socket", func(f *fixture) { f.send("a", `42["bye"]`) }, "server namespace disconnect", false},
		{"the server closes the connection", func(f *fixture) { f.send("a", `42["bye",true]`) }, "server namespace disconnect", true},
		{"a post finds the connection gone", func(f *fixture) {
			f.gateway.Fail = func(string, []byte) error { return realtime.ErrGone }
			if err := f.Emit(f.t.Context(), "e"); err != nil {
				f.t.Fatal(err)
			}
		}, "transport close", true},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, seen := watched(t)
			c.end(f)
			want(t, "handlers", seen.take(), []string{"disconnecting " + c.reason + " [room]", "disconnect " + c.reason + " 0"})
			want(t, "closed", f.gateway.Closed("a"), c.closes)
			want(t, "everyone", f.members(store.Everyone), 0)
			want(t, "the room", f.members("room"), 0)
			if err := f.Closed(t.Context(), "a", 1001); err != nil {
				t.Fatal(err)
			}
			want(t, "handlers afterwards", seen.take(), []string(nil))
		})
	}
}

func TestAServersDisconnectIsToldToTheClient(t *testing.T) {
	f, _ := watched(t)
	if err := f.In("room").DisconnectSockets(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want(t, "frames", f.gateway.Take("a"), []string{"41"})
	want(t, "closed", f.gateway.Closed("a"), false)
}

func TestADisconnectHandlerTellsTheOthers(t *testing.T) {
	f := newFixture(t)
	f.OnDisconnect(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		return s.Namespace().Emit(ctx, "left", s.ID())
	})
	sid := f.connect("a", "b")[0]
	if err := f.Closed(t.Context(), "a", 1001); err != nil {
		t.Fatal(err)
	}
	want(t, "b hears", f.gateway.Take("b"), []string{`42["left","` + sid + `"]`})
}

func TestManyEndingsAtOnceRunTheHandlersOnce(t *testing.T) {
	f, seen := watched(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := f.Closed(t.Context(), "a", 1001); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want(t, "handlers", seen.take(), []string{"disconnecting transport close [room]", "disconnect transport close 0"})
}

// sweepAll runs the sweep nine times, so that every connection is visited.
func (f *fixture) sweepAll() {
	f.t.Helper()
	for range store.Slots {
		f.clock.Advance(time.Minute)
		if err := f.Sweep(f.t.Context(), f.clock.Now()); err != nil {
			f.t.Fatal(err)
		}
	}
}

func TestAnEndingWhoseHandlerFailedIsRepeatedByTheSweep(t *testing.T) {
	f := newFixture(t)
	var seen calls
	fail := true
	f.OnDisconnect(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
		seen.add("%s, cut short before: %v", reason, s.EndingWasCutShort())
		if fail {
			return errors.New("the application's store is down")
		}
		return nil
	})
	f.connect("a")
	if err := f.Closed(t.Context(), "a", 1001); err == nil {
		t.Error("the failure was not reported")
	}
	fail = false
	f.sweepAll()
	f.sweepAll()
	want(t, "handlers", seen.take(), []string{"transport close, cut short before: false", "transport close, cut short before: true"})
	c, err := f.store.ClaimConnection(t.Context(), "a", f.clock.Now(), realtime.TransportClose)
	if !errors.Is(err, store.ErrNoConnection) {
		t.Errorf("left: %+v, %v", c, err)
	}
}

func TestAnEndingWhoseFunctionDiedIsFinishedByTheSweep(t *testing.T) {
	f, seen := watched(t)
	if _, err := f.store.ClaimConnection(t.Context(), "a", f.clock.Now(), realtime.TransportClose); err != nil {
		t.Fatal(err)
	}
	f.sweepAll() // the first visit may come before the dead claim has run out
	f.sweepAll()
	want(t, "handlers", seen.take(), []string{"disconnecting transport close [room]", "disconnect transport close 0"})
	want(t, "the room", f.members("room"), 0)
}

func TestAMembershipThatWasLeftBehindIsForgottenAtTheFirstPost(t *testing.T) {
	f, _ := watched(t)
	left, err := f.store.Members(t.Context(), "/", "room")
	if err != nil {
		t.Fatal(err)
	}
	// The record goes, the memberships stay: a join that raced with the ending.
	if err := f.store.RemoveConnection(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	f.gateway.Fail = func(string, []byte) error { return realtime.ErrGone }
	if err := f.To("room").Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "left before", len(left), 1)
	want(t, "left after", f.members("room"), 0)
}

func TestTheSweepKeepsQuietConnectionsAndEndsTheOthers(t *testing.T) {
	f := newFixture(t)
	seen := &calls{}
	f.OnDisconnect(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
		seen.add("%s %s", s.ConnectionID(), reason)
		return nil
	})
	f.connect("quiet", "silent", "gone")
	f.open("mute") // never sends CONNECT
	f.gateway.Fail = func(id string, _ []byte) error {
		if id == "gone" {
			return realtime.ErrGone
		}
		return nil
	}
	var heard calls
	f.gateway.Hear = func(id, frame string) {
		if id == "quiet" {
			heard.add("%s", frame)
			if frame == "2" {
				f.send(id, "3")
			}
		}
	}
	for range 4 {
		f.sweepAll()
	}
	frames := heard.take()
	slices.Sort(frames)
	want(t, "two rounds of each", frames, []string{"2", "2", "6", "6"})
	endings := seen.take()
	slices.Sort(endings)
	want(t, "endings", endings, []string{"gone transport close", "silent ping timeout"})
	want(t, "silent is closed", f.gateway.Closed("silent"), true)
	want(t, "mute is closed", f.gateway.Closed("mute"), true)
	want(t, "quiet is closed", f.gateway.Closed("quiet"), false)
	for range 14 { // past two hours
		f.sweepAll()
	}
	want(t, "quiet is closed", f.gateway.Closed("quiet"), true)
}

func TestSilenceIsFoundWhenPingsComeBeforeThePingTimeoutIsOver(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) {
		o.Heartbeat = mode.Ping
		o.PingTimeout = 25 * time.Minute // almost three rounds
	})
	f.connect("quiet", "silent")
	f.gateway.Hear = func(id, frame string) {
		if id == "quiet" && frame == "2" {
			f.send(id, "3")
		}
	}
	for range 3 {
		f.sweepAll()
		want(t, "silent is closed before its timeout", f.gateway.Closed("silent"), false)
	}
	for range 4 {
		f.sweepAll()
	}
	want(t, "silent is closed", f.gateway.Closed("silent"), true)
	want(t, "quiet is closed", f.gateway.Closed("quiet"), false)
}

func TestABusyConnectionIsTriedAgainAndFailsNobodyElse(t *testing.T) {
	f := newFixture(t)
	f.connect("a", "b")
	tries := map[string]int{}
	var mu sync.Mutex
	f.gateway.Fail = func(id string, _ []byte) error {
		mu.Lock()
		defer mu.Unlock()
		tries[id]++
		if id == "a" && tries[id] < 3 {
			return realtime.ErrBusy
		}
		return nil
	}
	if err := f.Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "a", f.gateway.Take("a"), []string{`42["e"]`})
	want(t, "b", f.gateway.Take("b"), []string{`42["e"]`})
	want(t, "tries", tries, map[string]int{"a": 3, "b": 1})
	clear(tries)
	if err := f.To("nobody").Volatile().Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
}

func TestAFrameThatMayHaveBeenSentIsNotSentAgain(t *testing.T) {
	f := newFixture(t)
	f.connect("a")
	tries := 0
	f.gateway.Fail = func(string, []byte) error { tries++; return realtime.ErrUnanswered }
	if err := f.Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "tries", tries, 1)
	want(t, "closed", f.gateway.Closed("a"), false)
}

func TestWhoMayHaveHeardHalfAPacketIsClosed(t *testing.T) {
	for fails := range 2 { // the header, the attachment
		f := newFixture(t)
		f.connect("a")
		tries := 0
		f.gateway.Fail = func(string, []byte) error {
			if tries++; tries == fails+1 {
				return realtime.ErrUnanswered
			}
			return nil
		}
		if err := f.Emit(t.Context(), "e", realtime.Binary("x")); err != nil {
			t.Fatal(err)
		}
		want(t, "tries", tries, fails+1)
		want(t, "closed", f.gateway.Closed("a"), true)
	}
}

func TestAVolatilePacketIsTriedOnce(t *testing.T) {
	f := newFixture(t)
	sid := f.connect("a")[0]
	tries := 0
	f.gateway.Fail = func(string, []byte) error { tries++; return realtime.ErrBusy }
	if err := f.To(sid).Volatile().Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	want(t, "tries", tries, 1)
}

// TestWhyAPacketWasNotDeliveredIsLogged: a busy gateway is to be expected, and anything
// else is a mistake of ours. What the packet says stays out of the log.
func TestWhyAPacketWasNotDeliveredIsLogged(t *testing.T) {
	for cause, level := range map[error]string{
		fmt.Errorf("throttled: %w", realtime.ErrBusy):             "level=WARN",
		fmt.Errorf("timed out: %w", realtime.ErrUnanswered):       "level=WARN",
		errors.New("AccessDenied: execute-api:ManageConnections"): "level=ERROR",
	} {
		f := newFixture(t)
		f.connect("a", "b")
		f.gateway.Fail = func(id string, _ []byte) error {
			if id == "a" {
				return cause
			}
			return nil
		}
		if err := f.Emit(t.Context(), "e", "private words"); err != nil {
			t.Fatal(err)
		}
		log := f.log.String()
		for _, part := range []string{level, `msg="packet not delivered"`, "connections=1 of=2", cause.Error()} {
			if !strings.Contains(log, part) {
				t.Errorf("%v: the log does not tell %q:\n%s", cause, part, log)
			}
		}
		if strings.Contains(log, "private words") {
			t.Errorf("the log tells:\n%s", log)
		}
	}
}

// handover delivers what it is given at once, as the fanout function does later.
type handover struct {
	server func() *realtime.Server
	mu     sync.Mutex
	sizes  []int
	err    error
}

func (h *handover) HandOver(ctx context.Context, d realtime.Delivery) error {
	h.mu.Lock()
	h.sizes = append(h.sizes, len(d.Members))
	h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	return h.server().Deliver(ctx, d)
}

func TestALargeFanOutIsHandedOverInChunks(t *testing.T) {
	for _, failure := range []error{nil, errors.New("not now")} {
		h := &handover{err: failure}
		f := newFixture(t, func(o *realtime.Options) { o.Handover, o.InlineFanout, o.Pace.PerSecond = h, 2, 1000 }) // one lane
		h.server = func() *realtime.Server { return f.Server }
		ids := []string{"a", "b", "c", "d", "e"}
		f.connect(ids...)
		if err := f.Emit(t.Context(), "e"); err != nil {
			t.Fatal(err)
		}
		slices.Sort(h.sizes)
		want(t, "chunks", h.sizes, []int{1, 2, 2})
		for _, id := range ids {
			want(t, id, f.gateway.Take(id), []string{`42["e"]`})
		}
	}
}

func TestASocketThatIsEndingIsNotEndedAgainWithItsConnection(t *testing.T) {
	f, seen := watched(t)
	sockets, err := f.FetchSockets(t.Context())
	if err != nil || len(sockets) == 0 {
		t.Fatal(sockets, err)
	}
	for _, s := range sockets {
		if _, err := f.store.ClaimSocket(t.Context(), store.SocketRef{ConnectionID: s.ConnectionID, Namespace: "/", SocketID: s.ID}, f.clock.Now(), realtime.ServerNamespaceDisconnect); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Closed(t.Context(), "a", 1005); err != nil {
		t.Fatal(err)
	}
	want(t, "handlers while another runs them", seen.take(), []string(nil))
	if last, err := f.store.RemoveSocket(t.Context(), "a", "/", f.clock.Now()); err != nil || !last {
		t.Errorf("the last socket of an ending connection: %v, %v", last, err)
	}
}

func TestTheServersOwnDisconnectIsClaimedBeforeTheClientHearsOfIt(t *testing.T) {
	f, seen := watched(t)
	f.gateway.Hear = func(id, _ string) { // the client closes at once
		if err := f.Closed(t.Context(), id, 1005); err != nil {
			t.Error(err)
		}
	}
	if err := f.In("room").DisconnectSockets(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want(t, "handlers", seen.take(), []string{"disconnecting server namespace disconnect [room]", "disconnect server namespace disconnect 0"})
}

func TestASocketEndsWhenItExpires(t *testing.T) {
	for what, meet := range map[string]func(*fixture){
		"at its next message":      func(f *fixture) { f.send("a", `42["x"]`) },
		"at the sweep's next look": func(f *fixture) { f.sweepAll() },
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			var seen calls
			expiry := f.clock.Now().Add(5 * time.Minute)
			f.Use(func(ctx context.Context, s *realtime.Socket) error { return s.SetExpiry(ctx, expiry) })
			f.HandleAny(func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
				seen.add("%s", e.Name)
				if e.Name == "refresh" {
					return s.SetExpiry(ctx, expiry.Add(10*time.Minute))
				}
				return nil
			})
			f.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
				seen.add("%s", reason)
				return nil
			})
			f.connect("a")
			f.send("a", `42["refresh"]`)
			f.clock.Advance(6 * time.Minute)
			f.send("a", `42["refreshed"]`)
			f.clock.Advance(10 * time.Minute)
			want(t, "before", seen.take(), []string{"refresh", "refreshed"})
			meet(f)
			want(t, "after", seen.take(), []string{"server namespace disconnect"})
			want(t, "the client hears", slices.Contains(f.gateway.Take("a"), "41"), true)
		})
	}
}

func TestASocketThatHasExpiredHearsNothingMore(t *testing.T) {
	f := newFixture(t)
	expiry := f.clock.Now().Add(5 * time.Minute)
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		if s.ConnectionID() == "listener" {
			return s.Join(ctx, "room") // for ever
		}
		return errors.Join(s.SetExpiry(ctx, expiry), s.Join(ctx, "room"))
	})
	f.HandleAny(func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		if e.Name == "late" {
			return s.Join(ctx, "another")
		}
		return s.SetExpiry(ctx, expiry.Add(time.Minute))
	})
	for _, id := range []string{"listener", "expired", "refreshed"} {
		f.connect(id)
		f.send(id, `42["late"]`)
	}
	f.send("refreshed", `42["refresh"]`)
	hear := func(what string, listeners ...string) {
		t.Helper()
		for _, to := range []realtime.Broadcast{f.To("room"), f.To("another"), f.Except(), f.To("room").Volatile()} {
			audience, err := to.Audience(t.Context())
			if err != nil || audience.Len() != len(listeners) {
				t.Errorf("%s: an audience of %d, %v", what, audience.Len(), err)
			}
			if err := errors.Join(to.Emit(t.Context(), "news"), to.EmitThen(t.Context(), "then", "question")); err != nil {
				t.Error(err)
			}
			for _, id := range []string{"listener", "expired", "refreshed"} {
				want(t, what+", "+id, len(f.gateway.Take(id)) > 0, slices.Contains(listeners, id))
			}
		}
	}
	f.HandleAck("then", func(context.Context, *realtime.Socket, realtime.Args) error { return nil })
	f.clock.Advance(5*time.Minute - time.Millisecond)
	hear("before", "listener", "expired", "refreshed")
	f.clock.Advance(time.Millisecond)
	hear("from then on", "listener", "refreshed")
	f.clock.Advance(time.Minute)
	hear("at last", "listener")
}

// What a member knows may be older than its socket's last refresh.
func TestARefreshedSocketIsHeardAlthoughItsMembershipsDoNotKnow(t *testing.T) {
	f := newFixture(t)
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		return errors.Join(s.SetExpiry(ctx, f.clock.Now().Add(time.Minute)), s.Join(ctx, "room"))
	})
	f.connect("a")
	members, err := f.store.Members(t.Context(), "/", "room")
	if err != nil || len(members) != 1 {
		t.Fatal(members, err)
	}
	stale := &staleMembers{f.store, members}
	if err := f.store.SetExpiry(t.Context(), store.SocketRef{ConnectionID: "a", Namespace: "/", SocketID: members[0].SocketID}, f.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	emitter := realtime.NewServer(realtime.Options{Store: stale, Gateway: f.gateway, Now: f.clock.Now})
	f.clock.Advance(2 * time.Minute)
	f.gateway.Take("a")
	if err := emitter.To("room").Emit(t.Context(), "news"); err != nil {
		t.Fatal(err)
	}
	want(t, "heard", f.gateway.Take("a"), []string{`42["news"]`})
}

// staleMembers is a store whose members are those of an earlier moment.
type staleMembers struct {
	store.Store
	members []store.Member
}

func (s *staleMembers) Members(context.Context, string, string) ([]store.Member, error) {
	return slices.Clone(s.members), nil
}

func TestAServerWithoutHandlersLeavesEndingsToThoseThatHaveThem(t *testing.T) {
	f, seen := watched(t)
	_ = f.gateway.Close(t.Context(), "a")
	emitter := realtime.NewServer(realtime.Options{Store: f.store, Gateway: f.gateway, Now: f.clock.Now})
	if err := emitter.Emit(t.Context(), "order", 1); err != nil {
		t.Fatal(err)
	}
	want(t, "handlers", seen.take(), []string(nil))
	if err := f.Closed(t.Context(), "a", 1006); err != nil {
		t.Fatal(err)
	}
	want(t, "handlers", seen.take(), []string{"disconnecting transport error [room]", "disconnect transport error 0"})
}

func TestASocketsHandlerDoesNotReachItsSuccessor(t *testing.T) {
	f := newFixture(t)
	f.Of("/keeps") // or the connection would end with its only socket
	name := func(s *realtime.Socket) (name string) {
		_ = s.Data(&name)
		return name
	}
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		var auth struct{ Name string }
		return errors.Join(s.Handshake().DecodeAuth(&auth), s.SetData(ctx, auth.Name))
	})
	f.Handle("slow", func(ctx context.Context, s *realtime.Socket, e *realtime.Event) error {
		f.send("a", "41")
		f.join("a", `40{"name":"Eve"}`)
		if err := s.SetData(ctx, "Ada again"); !errors.Is(err, store.ErrNoSocket) {
			t.Errorf("SetData: %v", err)
		}
		return s.Disconnect(ctx, false)
	})
	f.Handle("who", func(_ context.Context, s *realtime.Socket, e *realtime.Event) error {
		e.Ack(name(s))
		return nil
	})
	f.open("a")
	f.join("a", `40{"name":"Ada"}`)
	f.join("a", "40/keeps")
	f.send("a", `42["slow"]`)
	want(t, "who", f.send("a", `421["who"]`), `431["Eve"]`)
}

func TestAnEventThatItsOwnDisconnectOvertookHurtsNobody(t *testing.T) {
	f, seen := watched(t)
	f.Of("/x")
	f.join("a", "40/x")
	f.send("a", "41/x")
	want(t, "answer", f.send("a", `42/x,["bye"]`), "6")
	want(t, "the root socket's handlers", seen.take(), []string(nil))
	f.clock.Advance(time.Millisecond)
	f.send("a", `42/x,["bye"]`) // this one was sent after it
	want(t, "closed", f.gateway.Closed("a"), true)
}

func TestAConnectionThatCannotBeClosedKeepsItsRecordForTheSweep(t *testing.T) {
	f, seen := watched(t)
	f.gateway.FailClose = func(string) error { return realtime.ErrBusy }
	f.send("a", "2probe")
	want(t, "handlers", seen.take(), []string{"disconnecting parse error [room]", "disconnect parse error 0"})
	f.gateway.FailClose = nil
	f.clock.Advance(store.ClaimLease + time.Second)
	for range store.Slots {
		if err := f.Sweep(t.Context(), f.clock.Now()); err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(time.Minute)
	}
	want(t, "closed by the sweep", f.gateway.Closed("a"), true)
	want(t, "handlers, once", seen.take(), []string(nil))
}
