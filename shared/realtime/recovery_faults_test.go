package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// asks sends the CONNECT by which a client asks for its session.
func (f *fixture) asks(t *testing.T, id, pid, offset string) string {
	t.Helper()
	f.open(id)
	b, err := json.Marshal(map[string]string{"pid": pid, "offset": offset})
	if err != nil {
		t.Fatal(err)
	}
	return f.send(id, "40"+string(b))
}

// fill puts packets for everyone into the log.
func (f *fixture) fill(t *testing.T, packets int) {
	t.Helper()
	clock, err := f.store.Clock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for first := range 20 {
		wg.Go(func() {
			for i := first; i < packets; i += 20 {
				p := store.LoggedPacket{Offset: fmt.Sprintf("%016d%08d", clock, i), Frames: [][]byte{[]byte(`42["e"]`)}}
				if err := f.store.AppendPacket(t.Context(), "/", []string{store.Everyone}, p, f.clock.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func (f *fixture) says(t *testing.T, args ...any) {
	t.Helper()
	if err := f.Emit(t.Context(), "e", args...); err != nil {
		t.Fatal(err)
	}
}

// A client takes any string that is the last argument of an event for its offset.
func TestWhatHasNotTheFormOfAnOffsetOrAPIDIsTheApplicationsOwn(t *testing.T) {
	for what, change := range map[string]func(s *session){
		"a word":           func(s *session) { s.Offset = "Ada" },
		"digits":           func(s *session) { s.Offset = "0" },
		"a longer offset":  func(s *session) { s.Offset += "A" },
		"another alphabet": func(s *session) { s.Offset = s.Offset[:19] + "1" },
		"letters for time": func(s *session) { s.Offset = "A" + s.Offset[1:] },
		"a long offset":    func(s *session) { s.Offset = strings.Repeat("9", 1100) },
		"a long pid":       func(s *session) { s.PID = strings.Repeat("x", 2100) },
		"a short pid":      func(s *session) { s.PID = s.PID[:16] },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f, _ := recovering(t, realtime.Recovery{})
			s := saved(t, f)
			first := s.SID
			f.says(t, "missed")
			change(&s)
			want(t, "missed", f.arrive(t, "new", &s), []string(nil))
			if s.SID == first {
				t.Error("the session was recovered")
			}
		})
	}
}

func TestASessionSurvivesALineThatBreaksWhileItIsRecovered(t *testing.T) {
	for _, where := range []string{"before it is taken", "after it was taken"} {
		t.Run(where, func(t *testing.T) {
			var breaks func()
			f := newFixture(t, func(o *realtime.Options) {
				o.Recovery = &realtime.Recovery{}
				o.Store = &taking{Store: o.Store, then: func() {
					if where == "after it was taken" && breaks != nil {
						breaks()
					}
				}}
			})
			f.Handle("setup", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error { return s.Join(ctx, "room") })
			f.Use(func(context.Context, *realtime.Socket) error {
				if where == "before it is taken" && breaks != nil {
					breaks()
				}
				return nil
			})
			s := saved(t, f)
			f.says(t, "missed")
			breaks = func() {
				breaks = nil
				_ = f.Closed(t.Context(), "flap", 1006)
			}
			f.asks(t, "flap", s.PID, s.Offset)
			first := s.SID
			want(t, "missed", f.arrive(t, "new", &s), []string{`42["e","missed"]`})
			want(t, "sid", s.SID, first)
		})
	}
}

// taking is a store that takes each session twice, as the SDK does whose answer was lost,
// and does something then.
type taking struct {
	store.Store
	then func()
}

func (s *taking) TakeSession(ctx context.Context, pid, from, to string) error {
	err := errors.Join(s.Store.TakeSession(ctx, pid, from, to), s.Store.TakeSession(ctx, pid, from, to))
	s.then()
	return err
}

// A session may go between the look at it and its taking: it expires, or another connection of
// the client takes it.
func TestWhoseSessionGoesWhileItIsRecoveredGetsANewOne(t *testing.T) {
	for what, goes := range map[string]func(f *fixture, s session) error{
		"it is forgotten": func(f *fixture, s session) error { return f.store.ForgetSession(f.t.Context(), s.PID, "old") },
		"it is taken":     func(f *fixture, s session) error { return f.store.TakeSession(f.t.Context(), s.PID, "old", "other") },
	} {
		t.Run(what, func(t *testing.T) {
			f, seen := recovering(t, realtime.Recovery{})
			s := saved(t, f)
			f.Use(func(_ context.Context, k *realtime.Socket) error {
				if k.Recovered() {
					return goes(f, s)
				}
				return nil
			})
			f.says(t, "missed")
			seen.take()
			first := s
			want(t, "missed", f.arrive(t, "new", &s), []string(nil))
			if s.SID == first.SID || s.PID == first.PID {
				t.Errorf("got the session %+v back", first)
			}
			want(t, "handlers", seen.take(), []string{"middleware true", "middleware false", `connection false [] ""`})
			want(t, "closed", f.gateway.Closed("new"), false)
			want(t, "errors in the log", strings.Count(f.log.String(), "level=ERROR"), 0)
			want(t, "everyone", f.members(store.Everyone), 1)
		})
	}
}

// The function that recovers a session may die before the socket is there, and another
// connection of the client begin while it still runs.
func TestASessionThatWasTakenAndNotRecoveredIsTakenAgain(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	s := saved(t, f)
	f.says(t, "missed")
	f.open("died")
	if err := f.store.TakeSession(t.Context(), s.PID, "old", "died"); err != nil {
		t.Fatal(err)
	}
	first := s.SID
	want(t, "missed", f.arrive(t, "new", &s), []string{`42["e","missed"]`})
	want(t, "sid", s.SID, first)
	want(t, "the connection that had begun is closed", f.gateway.Closed("died"), true)
}

func TestDisconnectHandlersHaveRunBeforeARecovery(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	var order calls
	f.OnConnection(func(_ context.Context, s *realtime.Socket) error {
		order.add("connection %v", s.Recovered())
		return nil
	})
	var s session
	first := true
	f.OnDisconnect(func(context.Context, *realtime.Socket, realtime.Reason) error {
		if first {
			first = false
			f.arrive(t, "new", &s) // while the handler runs
		}
		order.add("disconnect")
		return nil
	})
	s = saved(t, f)
	want(t, "order", order.take(), []string{"connection false", "connection false", "disconnect"})
	if err := f.Closed(t.Context(), "new", 1006); err != nil {
		t.Fatal(err)
	}
	want(t, "order", order.take(), []string{"disconnect"})
}

// A socket lives again when its disconnect handlers have succeeded, so that nothing is
// undone behind its back.
func TestWhoseDisconnectHandlerFailedIsNotRecovered(t *testing.T) {
	f, seen := recovering(t, realtime.Recovery{})
	fail := true
	f.OnDisconnect(func(_ context.Context, s *realtime.Socket, reason realtime.Reason) error {
		seen.add("disconnect %s", reason)
		if fail {
			return errors.New("the application's store is down")
		}
		return nil
	})
	s := saved(t, f)
	fail = false
	first := s.SID
	f.arrive(t, "new", &s)
	if s.SID == first {
		t.Error("it was recovered")
	}
	seen.take()
	f.answersPings()
	f.sweepAll()
	want(t, "repeated, for the same reason", seen.take(), []string{"disconnect transport error"})
	want(t, "everyone", f.members(store.Everyone), 1)
}

func TestWhatAHandlerEmitsReachesItsSocketThatWasRecoveredMeanwhile(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	var s session
	var missed []string
	f.Handle("long", func(ctx context.Context, k *realtime.Socket, _ *realtime.Event) error {
		_ = f.Closed(ctx, "first", 1006)
		_ = f.gateway.Close(ctx, "first")
		missed = f.arrive(t, "second", &s)
		return k.Emit(ctx, "result", 42)
	})
	f.arrive(t, "first", &s)
	f.says(t, 1)
	s.heard(t, f.gateway.Take("first"))
	f.send("first", `42["long"]`)
	want(t, "heard", append(missed, s.heard(t, f.gateway.Take("second"))...), []string{`42["result",42]`})
}

func TestAnExpiredSocketIsNotRecovered(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{SkipMiddlewares: true, Window: time.Hour} })
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		return s.SetExpiry(ctx, f.clock.Now().Add(10*time.Minute))
	})
	f.Handle("setup", func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
	s := saved(t, f)
	first := s.SID
	f.clock.Advance(9 * time.Minute)
	f.arrive(t, "second", &s)
	want(t, "sid, before it expires", s.SID, first)
	_ = f.Closed(t.Context(), "second", 1006)
	f.clock.Advance(2 * time.Minute)
	f.arrive(t, "third", &s)
	if s.SID == first {
		t.Error("recovered after its token had expired")
	}
}

func TestAPacketThatTheLogCannotHoldIsDelivered(t *testing.T) {
	f, _ := recovering(t, realtime.Recovery{})
	var s session
	f.arrive(t, "a", &s)
	part := realtime.Binary(make([]byte, 90<<10))
	if err := f.Emit(t.Context(), "photos", part, part, part, part); err != nil {
		t.Fatal(err)
	}
	frames := f.gateway.Take("a")
	want(t, "frames", len(frames), 5)
	if !strings.HasSuffix(frames[0], `"num":3}]`) {
		t.Errorf("it has an offset: %s", frames[0])
	}
}

func TestAReplayReadsNoMoreThanItMaySay(t *testing.T) {
	log := &reading{}
	f := newFixture(t, func(o *realtime.Options) {
		o.Recovery = &realtime.Recovery{}
		log.Store, o.Store = o.Store, log
	})
	f.Handle("setup", func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
	s := saved(t, f)
	f.fill(t, 2100)
	f.asks(t, "new", s.PID, s.Offset)
	for _, n := range log.read {
		if n > 2001 { // 1,000 that it may say, and 1,000 that may have been under way when it stopped
			t.Errorf("read %d packets", n)
		}
	}
	want(t, "closed, to come again", f.gateway.Closed("new"), true)
}

// reading notes how many packets are read of a room.
type reading struct {
	store.Store
	mu   sync.Mutex
	read []int
}

func (r *reading) Packets(ctx context.Context, namespace, room, after string, limit int) ([]store.LoggedPacket, error) {
	packets, err := r.Store.Packets(ctx, namespace, room, after, limit)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = append(r.read, len(packets))
	return packets, err
}
