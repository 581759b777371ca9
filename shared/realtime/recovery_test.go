package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// session is what a client keeps to recover.
type session struct{ SID, PID, Offset string }

var withOffset = regexp.MustCompile(`^(42\[.*),"(\d{16}[A-Z2-7]{8})"\]$`)

// heard returns the events that a connection heard, without their offsets, and
// notes the last offset.
func (s *session) heard(t *testing.T, frames []string) []string {
	t.Helper()
	var events []string
	for _, frame := range frames {
		m := withOffset.FindStringSubmatch(frame)
		if m == nil {
			events = append(events, frame)
			continue
		}
		s.Offset = m[2]
		events = append(events, m[1]+"]")
	}
	return events
}

func recovering(t *testing.T, r realtime.Recovery, options ...func(*realtime.Options)) (*fixture, *calls) {
	f := newFixture(t, append(options, func(o *realtime.Options) { o.Recovery = &r })...)
	seen := &calls{}
	f.Use(func(_ context.Context, s *realtime.Socket) error {
		seen.add("middleware %v", s.Recovered())
		return nil
	})
	f.OnConnection(func(_ context.Context, s *realtime.Socket) error {
		var data string
		err := s.Data(&data)
		seen.add("connection %v %v %q", s.Recovered(), s.Rooms()[1:], data)
		return err
	})
	f.Handle("setup", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error {
		if err := s.SetData(ctx, "kept"); err != nil {
			return err
		}
		return s.Join(ctx, "room")
	})
	return f, seen
}

// arrive connects, with what a session says if there is one.
func (f *fixture) arrive(t *testing.T, id string, s *session) (frames []string) {
	t.Helper()
	f.open(id)
	auth := "40"
	if s.PID != "" {
		b, _ := json.Marshal(map[string]string{"pid": s.PID, "offset": s.Offset})
		auth += string(b)
	}
	reply := f.send(id, auth)
	frames = s.heard(t, f.gateway.Take(id))
	if reply == "6" && len(frames) > 0 {
		reply, frames = frames[len(frames)-1], frames[:len(frames)-1]
	}
	if len(frames) == 0 {
		frames = nil
	}
	var body session
	if err := json.Unmarshal([]byte(strings.TrimPrefix(reply, "40")), &body); err != nil || body.PID == "" {
		t.Fatalf("reply %q", reply)
	}
	s.SID, s.PID = body.SID, body.PID
	return frames
}

func TestASessionIsRecoveredWithWhatItMissedMoreThanOnce(t *testing.T) {
	f, seen := recovering(t, realtime.Recovery{})
	var s session
	f.arrive(t, "c0", &s)
	f.send("c0", `42["setup"]`)
	first := s.SID
	emit := func(text string) {
		t.Helper()
		if err := f.To("room").Emit(t.Context(), "e", text); err != nil {
			t.Fatal(err)
		}
	}
	emit("live")
	want(t, "live", s.heard(t, f.gateway.Take("c0")), []string{`42["e","live"]`})
	seen.take()
	for i := 1; i <= 3; i++ {
		// A long quiet time before the cut must not matter.
		f.clock.Advance(time.Hour / 2)
		if err := f.Closed(t.Context(), fmt.Sprint("c", i-1), 1006); err != nil {
			t.Fatal(err)
		}
		emit("missed in the room")
		if err := f.Emit(t.Context(), "e", "missed by everyone"); err != nil {
			t.Fatal(err)
		}
		if err := f.Except("room").Emit(t.Context(), "e", "not for the room"); err != nil {
			t.Fatal(err)
		}
		if err := f.To(first, "room").Emit(t.Context(), "e", "once"); err != nil {
			t.Fatal(err)
		}
		if err := f.To("room").Volatile().Emit(t.Context(), "e", "volatile"); err != nil {
			t.Fatal(err)
		}
		if err := f.To("elsewhere").Emit(t.Context(), "e", "elsewhere"); err != nil {
			t.Fatal(err)
		}
		missed := f.arrive(t, fmt.Sprint("c", i), &s)
		want(t, "missed", missed, []string{`42["e","missed in the room"]`, `42["e","missed by everyone"]`, `42["e","once"]`})
		want(t, "sid", s.SID, first)
		want(t, "application", seen.take(), []string{"middleware true", `connection true [room] "kept"`})
		emit("live again")
		want(t, "live again", s.heard(t, f.gateway.Take(fmt.Sprint("c", i))), []string{`42["e","live again"]`})
	}
}

func TestASessionIsRecoveredBeforeAnybodyKnowsOfTheCut(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	var s session
	f.arrive(t, "old", &s)
	f.send("old", `42["setup"]`)
	if err := f.To("room").Emit(t.Context(), "e", 1); err != nil {
		t.Fatal(err)
	}
	s.heard(t, f.gateway.Take("old"))
	// This one goes to a line that is dead already.
	if err := f.To("room").Emit(t.Context(), "e", 2); err != nil {
		t.Fatal(err)
	}
	first := s.SID
	want(t, "missed", f.arrive(t, "new", &s), []string{`42["e",2]`})
	want(t, "sid", s.SID, first)
	want(t, "the old connection is closed", f.gateway.Closed("old"), true)
}

func TestWhoGetsAFreshSession(t *testing.T) {
	end := func(code int) func(*fixture, *session) {
		return func(f *fixture, _ *session) { _ = f.Closed(f.t.Context(), "old", code) }
	}
	cases := []struct {
		what string
		end  func(*fixture, *session)
	}{
		{"a client that is too late", func(f *fixture, s *session) { end(1006)(f, s); f.clock.Advance(3 * time.Minute) }},
		{"a client that tells no offset", func(f *fixture, s *session) { end(1006)(f, s); s.Offset = "" }},
		{"a client with an unknown pid", func(f *fixture, s *session) { end(1006)(f, s); s.PID = "guess" }},
		{"a client that left", func(f *fixture, _ *session) { f.send("old", "41") }},
		{"a client that was disconnected", func(f *fixture, _ *session) {
			_ = f.DisconnectSockets(f.t.Context(), false)
		}},
		{"a client whose connection was closed on purpose", func(f *fixture, _ *session) {
			_ = f.DisconnectSockets(f.t.Context(), true)
			want(f.t, "farewell", f.gateway.Take("old"), []string{"41"})
		}},
		{"a client that missed more than can be replayed", func(f *fixture, s *session) {
			end(1006)(f, s)
			f.fill(f.t, 1001)
			b, _ := json.Marshal(map[string]string{"pid": s.PID, "offset": s.Offset})
			f.open("first")
			want(f.t, "answer", f.send("first", "40"+string(b)), "6")
			want(f.t, "closed, to come again", f.gateway.Closed("first"), true)
		}},
		{"the second that brings the same pid", func(f *fixture, s *session) {
			end(1006)(f, s)
			copied := *s
			f.arrive(f.t, "thief", &copied)
			_ = f.send("thief", "41")
		}},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			f, _ := recovering(t, realtime.Recovery{})
			var s session
			f.arrive(t, "old", &s)
			if err := f.Emit(t.Context(), "e", 1); err != nil {
				t.Fatal(err)
			}
			s.heard(t, f.gateway.Take("old"))
			first := s.SID
			c.end(f, &s)
			want(t, "missed", f.arrive(t, "new", &s), []string(nil))
			if s.SID == first {
				t.Error("the session was recovered")
			}
		})
	}
}

func TestMiddlewaresAreSkippedWhenAskedFor(t *testing.T) {
	f, seen := recovering(t, realtime.Recovery{SkipMiddlewares: true})
	var s session
	f.arrive(t, "old", &s)
	if err := f.Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	s.heard(t, f.gateway.Take("old"))
	if err := f.Closed(t.Context(), "old", 1006); err != nil {
		t.Fatal(err)
	}
	seen.take()
	f.arrive(t, "new", &s)
	want(t, "application", seen.take(), []string{`connection true [] ""`})
}

// saved is a session that heard one event and whose line was lost.
func saved(t *testing.T, f *fixture) session {
	t.Helper()
	var s session
	f.arrive(t, "old", &s)
	f.send("old", `42["setup"]`)
	if err := f.Emit(t.Context(), "e", 1); err != nil {
		t.Fatal(err)
	}
	s.heard(t, f.gateway.Take("old"))
	if err := f.Closed(t.Context(), "old", 1006); err != nil {
		t.Log(err) // a disconnect handler's
	}
	return s
}

func TestWhoIsRefusedKeepsTheSession(t *testing.T) {
	for _, temporary := range []bool{false, true} {
		f, _ := recovering(t, realtime.Recovery{})
		var refuse error
		f.Use(func(context.Context, *realtime.Socket) error { return refuse })
		s := saved(t, f)
		first := s.SID
		if err := f.Emit(t.Context(), "e", "missed"); err != nil {
			t.Fatal(err)
		}
		refuse = &realtime.Error{Code: "expired", Message: "Sign in again.", Temporary: temporary}
		f.open("refused")
		b, _ := json.Marshal(map[string]string{"pid": s.PID, "offset": s.Offset})
		f.send("refused", "40"+string(b))
		refuse = nil
		want(t, "missed", f.arrive(t, "new", &s), []string{`42["e","missed"]`})
		want(t, "sid", s.SID, first)
	}
}

func TestAnEndingThatIsRepeatedLeavesARecoveredSessionAlone(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	failed := false
	f.OnDisconnect(func(context.Context, *realtime.Socket, realtime.Reason) error {
		if failed {
			return nil
		}
		failed = true
		return errors.New("once")
	})
	s := saved(t, f)
	f.arrive(t, "new", &s)
	for range 10 { // the sweep ends "old" again
		f.clock.Advance(time.Minute)
		if err := f.Sweep(t.Context(), f.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	f.arrive(t, "newest", &s)
	want(t, "the connection that it had is closed", f.gateway.Closed("new"), true)
	sockets, err := f.FetchSockets(t.Context())
	if err != nil || len(sockets) != 1 {
		t.Errorf("sockets %v, %v", sockets, err)
	}
}

func TestARecoveredSocketIsFoundBesideItsOldMemberships(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	s := saved(t, f)
	f.arrive(t, "new", &s)
	f.gateway.Take("new")
	// What an ending leaves that died before it left the rooms.
	old := store.Connection{ID: "older", Expires: f.clock.Now().Add(time.Hour)}
	if err := f.store.PutConnection(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := f.store.AddSocket(t.Context(), old, "/", store.SocketState{ID: s.SID}); err != nil {
		t.Fatal(err)
	}
	if err := f.To(s.SID).Emit(t.Context(), "e", "hello"); err != nil {
		t.Fatal(err)
	}
	want(t, "heard", s.heard(t, f.gateway.Take("new")), []string{`42["e","hello"]`})
}

func TestWhatDisconnectingHandlersChangeIsRecovered(t *testing.T) {
	f, seen := recovering(t, realtime.Recovery{})
	f.OnDisconnecting(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		return errors.Join(s.SetData(ctx, "last words"), s.Leave(ctx, "room"))
	})
	s := saved(t, f)
	seen.take()
	f.arrive(t, "new", &s)
	want(t, "recovered", seen.take(), []string{"middleware true", `connection true [] "last words"`})
}

func TestNothingFromBeforeASessionIsReplayedToIt(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	if err := f.To("room").Emit(t.Context(), "e", "before it came"); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(time.Minute)
	s := saved(t, f)
	s.Offset = strings.Repeat("0", 16) + "AAAAAAAA"
	want(t, "missed", f.arrive(t, "new", &s), []string{`42["e",1]`})
}

func TestAPacketThatIsTooLargeKeepsNobodyOut(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	s := saved(t, f)
	if err := f.Emit(t.Context(), "e", strings.Repeat("x", 130<<10)); !errors.Is(err, realtime.ErrTooLarge) {
		t.Error(err)
	}
	if err := f.Emit(t.Context(), "e", "small"); err != nil {
		t.Fatal(err)
	}
	want(t, "missed", f.arrive(t, "new", &s), []string{`42["e","small"]`})
}

// looking is a store that does something before a connection is looked up.
type looking struct {
	store.Store
	mu sync.Mutex
	id string
	do func()
}

func (l *looking) before(id string, do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.id, l.do = id, do
}

func (l *looking) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	l.mu.Lock()
	do := l.do
	if do != nil && slices.Contains(ids, l.id) {
		l.do = nil
	} else {
		do = nil
	}
	l.mu.Unlock()
	if do != nil {
		do()
	}
	return l.Store.Connections(ctx, ids)
}

func TestALeaveOnPurposeIsNotRecoveredWheneverItsDisconnectArrives(t *testing.T) {
	cases := []struct {
		what   string
		leave  func(f *fixture, s *looking)
		reason realtime.Reason
	}{
		{"before $disconnect", func(f *fixture, _ *looking) {
			f.send("old", "41")
			_ = f.Closed(f.t.Context(), "old", 1005)
		}, realtime.ClientNamespaceDisconnect},
		{"with $disconnect", func(f *fixture, _ *looking) {
			var wg sync.WaitGroup
			wg.Go(func() { _ = f.Closed(f.t.Context(), "old", 1005) })
			wg.Go(func() { f.send("old", "41") })
			wg.Wait()
		}, realtime.ClientNamespaceDisconnect},
		{"after $disconnect", func(f *fixture, _ *looking) {
			_ = f.Closed(f.t.Context(), "old", 1006)
			f.send("old", "41")
		}, realtime.TransportError},
		{"while $disconnect is handled", func(f *fixture, _ *looking) {
			if _, err := f.store.ClaimConnection(f.t.Context(), "old", f.clock.Now(), realtime.TransportClose); err != nil {
				f.t.Fatal(err)
			}
			f.send("old", "41")
			f.clock.Advance(store.ClaimLease + time.Second) // the function that claimed it has died
			_ = f.Closed(f.t.Context(), "old", 1006)
		}, realtime.TransportError},
		{"long before the session is saved", func(f *fixture, _ *looking) {
			if _, err := f.store.ClaimConnection(f.t.Context(), "old", f.clock.Now(), realtime.TransportClose); err != nil {
				f.t.Fatal(err)
			}
			f.send("old", "41")
			f.clock.Advance(30 * time.Minute) // the function that claimed it has died, and nobody has found out
			_ = f.Closed(f.t.Context(), "old", 1006)
		}, realtime.TransportError},
		{"while the client is back", func(f *fixture, s *looking) {
			s.before("old", func() { f.send("old", "41") })
		}, realtime.ClientNamespaceDisconnect},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			looking := &looking{}
			f, _ := recovering(t, realtime.Recovery{}, func(o *realtime.Options) { looking.Store, o.Store = o.Store, looking })
			ended := make(chan realtime.Reason, 10)
			f.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
				ended <- reason
				return nil
			})
			var s session
			f.arrive(t, "old", &s)
			if err := f.Emit(t.Context(), "e"); err != nil {
				t.Fatal(err)
			}
			s.heard(t, f.gateway.Take("old"))
			before := s.SID
			c.leave(f, looking)
			f.arrive(t, "new", &s)
			if s.SID == before {
				t.Error("the session was recovered")
			}
			want(t, "reason", <-ended, c.reason)
			want(t, "endings besides", len(ended), 0)
		})
	}
}

func TestAMiddlewareMayAnswerARecoveredSessionWithANewOne(t *testing.T) {
	f, seen := recovering(t, realtime.Recovery{})
	f.Use(func(_ context.Context, s *realtime.Socket) error {
		if s.Recovered() {
			return realtime.ErrNewSession
		}
		return nil
	})
	var s session
	f.arrive(t, "old", &s)
	f.send("old", `42["setup"]`)
	if err := f.To("room").Emit(t.Context(), "e"); err != nil {
		t.Fatal(err)
	}
	s.heard(t, f.gateway.Take("old"))
	if err := f.Closed(t.Context(), "old", 1006); err != nil {
		t.Fatal(err)
	}
	seen.take()
	before := s
	want(t, "missed", f.arrive(t, "new", &s), []string(nil))
	if s.SID == before.SID || s.PID == before.PID {
		t.Errorf("got the session %+v back", before)
	}
	want(t, "handlers", seen.take(), []string{"middleware true", "middleware false", `connection false [] ""`})
}
