package realtime_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// hooked is a store that does something else before or after some of its calls.
type hooked struct {
	store.Store
	afterMembers, afterAddSocket, beforeNote func()
}

func (s *hooked) Members(ctx context.Context, namespace, room string) ([]store.Member, error) {
	members, err := s.Store.Members(ctx, namespace, room)
	call(&s.afterMembers)
	return members, err
}

func (s *hooked) AddSocket(ctx context.Context, c store.Connection, namespace string, state store.SocketState) error {
	err := s.Store.AddSocket(ctx, c, namespace, state)
	call(&s.afterAddSocket)
	return err
}

func (s *hooked) NoteReached(ctx context.Context, namespace string, rooms []string, offset string, r store.Reached, expires time.Time) error {
	call(&s.beforeNote)
	return s.Store.NoteReached(ctx, namespace, rooms, offset, r, expires)
}

// call calls a hook once.
func call(hook *func()) {
	if f := *hook; f != nil {
		*hook = nil
		f()
	}
}

// hooking returns a fixture with recovery whose sockets join "room" at once.
func hooking(t *testing.T, options ...func(*realtime.Options)) (*fixture, *hooked) {
	h := &hooked{}
	f := newFixture(t, append(options, func(o *realtime.Options) {
		o.Recovery = &realtime.Recovery{}
		h.Store, o.Store = o.Store, h
	})...)
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		if s.Recovered() {
			return nil
		}
		return s.Join(ctx, "room")
	})
	f.Handle("setup", func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
	return f, h
}

// holding makes the gateway hold the post of a frame that contains text, until release is
// called. held is closed when it does.
func (f *fixture) holding(text string) (held chan struct{}, release func()) {
	held, released := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.gateway.Fail = func(_ string, frame []byte) error {
		if strings.Contains(string(frame), text) {
			once.Do(func() {
				close(held)
				<-released
			})
		}
		return nil
	}
	return held, func() { close(released) }
}

func emit(t *testing.T, b realtime.Broadcast, text string) {
	t.Helper()
	if err := b.Emit(t.Context(), "e", text); err != nil {
		t.Error(err)
	}
}

func TestAPacketThatWasOvertakenIsRecovered(t *testing.T) {
	for what, to := range map[string]func(f *fixture) realtime.Broadcast{
		"in its room":             func(f *fixture) realtime.Broadcast { return f.To("room") },
		"by one for everyone":     func(f *fixture) realtime.Broadcast { return f.Except() },
		"by one of several rooms": func(f *fixture) realtime.Broadcast { return f.To("room", "other") },
	} {
		t.Run(what, func(t *testing.T) {
			f, _ := hooking(t)
			s := saved(t, f)
			f.arrive(t, "new", &s)
			held, release := f.holding("overtaken")
			var wg sync.WaitGroup
			wg.Go(func() { emit(t, f.To("room"), "overtaken") })
			<-held
			emit(t, to(f), "overtakes")
			want(t, "live", s.heard(t, f.gateway.Take("new")), []string{`42["e","overtakes"]`})
			// The gateway takes it when nobody listens any more.
			release()
			wg.Wait()
			f.gateway.Take("new")
			want(t, "missed", f.arrive(t, "newer", &s), []string{`42["e","overtaken"]`})
		})
	}
}

func TestFunctionsWhoseClocksDisagreeLoseAndDoubleNothing(t *testing.T) {
	f, _ := hooking(t)
	ahead := realtime.NewServer(realtime.Options{
		Store: f.store, Gateway: f.gateway, Recovery: &realtime.Recovery{},
		Now: func() time.Time { return f.clock.Now().Add(10 * time.Minute) },
	})
	realtime.Apart(ahead)
	s := saved(t, f)
	f.arrive(t, "new", &s)
	emit(t, f.To("room"), "before")
	emit(t, ahead.To("room"), "by the one that is ahead")
	s.heard(t, f.gateway.Take("new"))
	emit(t, f.To("room"), "missed")
	emit(t, ahead.To("room"), "missed too")
	f.gateway.Take("new")
	want(t, "missed", f.arrive(t, "newer", &s), []string{`42["e","missed"]`, `42["e","missed too"]`})
}

// The gateway refused it long before the line was lost, and took others since.
func TestAPacketThatTheGatewayRefusedIsRecovered(t *testing.T) {
	for _, refusal := range []error{realtime.ErrBusy, realtime.ErrUnanswered, realtime.ErrGone} {
		f, h := hooking(t)
		s := saved(t, f)
		f.arrive(t, "new", &s)
		f.gateway.Fail = func(_ string, frame []byte) error {
			if strings.Contains(string(frame), "refused") {
				return refusal
			}
			return nil
		}
		emit(t, f.To("room"), "refused")
		f.gateway.Fail = nil
		for range 1100 {
			if _, err := h.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		f.clock.Advance(20 * time.Minute)
		if refusal != realtime.ErrGone { // by which the connection has ended
			emit(t, f.To("room"), "taken")
			want(t, "live", s.heard(t, f.gateway.Take("new")), []string{`42["e","taken"]`})
		} else {
			f.clock.Advance(-20 * time.Minute)
		}
		want(t, "missed", f.arrive(t, "newer", &s), []string{`42["e","refused"]`})
		emit(t, f.To("room"), "live")
		want(t, "live", s.heard(t, f.gateway.Take("newer")), []string{`42["e","live"]`})
		want(t, "missed, when it comes again", f.arrive(t, "newest", &s), []string(nil))
	}
}

// The log before the look-up: then a socket that recovers between the two finds the packet.
func TestASocketThatRecoversWhileAnEventLooksForItsReceiversHearsIt(t *testing.T) {
	f, h := hooking(t)
	s := saved(t, f)
	var missed []string
	h.afterMembers = func() { missed = f.arrive(t, "new", &s) }
	emit(t, f.To("room"), "now")
	want(t, "heard", append(missed, s.heard(t, f.gateway.Take("new"))...), []string{`42["e","now"]`})
}

func TestWhatReachesARecoveringSocketIsNotReplayed(t *testing.T) {
	for what, when := range map[string]func(h *hooked, emit func()){
		"whose fan-out is over": func(h *hooked, emit func()) { h.afterAddSocket = emit },
		"whose fan-out is under way": func(h *hooked, emit func()) {
			reached, over := make(chan struct{}), make(chan struct{})
			h.beforeNote = func() {
				close(reached)
				time.Sleep(60 * time.Millisecond) // the recovery looks meanwhile
			}
			h.afterAddSocket = func() {
				go func() { emit(); close(over) }()
				<-reached
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			f, h := hooking(t)
			s := saved(t, f)
			emit(t, f.To("room"), "missed")
			var wg sync.WaitGroup
			wg.Add(1)
			when(h, func() { emit(t, f.To("room"), "live"); wg.Done() })
			got := f.arrive(t, "new", &s)
			wg.Wait()
			want(t, "heard", got, []string{`42["e","live"]`, `42["e","missed"]`})
			want(t, "missed, when it comes again", f.arrive(t, "newer", &s), []string(nil))
		})
	}
}

// Which of two came first, functions that run at once cannot know.
func TestWhatMayHaveArrivedIsReplayed(t *testing.T) {
	f, _ := hooking(t)
	other := realtime.NewServer(realtime.Options{Store: f.store, Gateway: f.gateway, Recovery: &realtime.Recovery{}, Now: f.clock.Now})
	realtime.Apart(other)
	s := saved(t, f)
	f.arrive(t, "new", &s)
	held, release := f.holding("last")
	var wg sync.WaitGroup
	wg.Go(func() { emit(t, f.To("room"), "last") })
	<-held
	emit(t, other.To("room"), "at the same time")
	release()
	wg.Wait()
	want(t, "live", s.heard(t, f.gateway.Take("new")), []string{`42["e","at the same time"]`, `42["e","last"]`})
	want(t, "missed", f.arrive(t, "newer", &s), []string{`42["e","at the same time"]`})
}

// A fan-out tells late whom it has reached, if one of its receivers is slow.
func TestWhatArrivedLongBeforeTheEndOfItsFanOutIsNotReplayed(t *testing.T) {
	f, _ := hooking(t)
	other := realtime.NewServer(realtime.Options{Store: f.store, Gateway: f.gateway, Recovery: &realtime.Recovery{}, Now: f.clock.Now})
	realtime.Apart(other)
	s, slow := saved(t, f), session{}
	f.arrive(t, "new", &s)
	f.arrive(t, "slow", &slow)
	reached, release := make(chan struct{}), make(chan struct{})
	f.gateway.Fail = func(id string, frame []byte) error {
		if id == "slow" && strings.Contains(string(frame), "first") {
			close(reached)
			<-release
		}
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { emit(t, f.To("room"), "first") })
	<-reached
	var first []string
	for len(first) == 0 { // the posts are made side by side
		first = f.gateway.Take("new")
	}
	for range 20 {
		emit(t, other.To("room"), "later")
	}
	close(release)
	wg.Wait()
	s.heard(t, f.gateway.Take("new"))
	want(t, "missed", f.arrive(t, "newer", &s), []string(nil))
}

func TestNothingFromBeforeAJoinIsReplayed(t *testing.T) {
	f, _ := hooking(t)
	f.Handle("join", func(ctx context.Context, s *realtime.Socket, _ *realtime.Event) error { return s.Join(ctx, "late") })
	s := saved(t, f)
	f.arrive(t, "new", &s)
	emit(t, f.To("room"), "live")
	s.heard(t, f.gateway.Take("new"))
	emit(t, f.To("late"), "before the join")
	f.send("new", `42["join"]`)
	emit(t, f.To("late"), "after the join")
	f.gateway.Take("new")
	want(t, "missed", f.arrive(t, "newer", &s), []string{`42["e","after the join"]`})
}

// An ending that fails has left the rooms already, and is repeated by the sweep.
func TestWhatIsEmittedBetweenAnEndingAndItsRepetitionIsRecovered(t *testing.T) {
	f, _ := hooking(t)
	s := saved(t, f)
	f.arrive(t, "new", &s)
	emit(t, f.To("room"), "live")
	s.heard(t, f.gateway.Take("new"))
	failed := false
	f.OnDisconnect(func(context.Context, *realtime.Socket, realtime.Reason) error {
		if failed {
			return nil
		}
		failed = true
		return context.DeadlineExceeded
	})
	if err := f.Closed(t.Context(), "new", 1006); err == nil {
		t.Error("the ending succeeded")
	}
	emit(t, f.To("room"), "meanwhile")
	f.clock.Advance(store.ClaimLease + time.Minute)
	if err := f.Sweep(t.Context(), f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	want(t, "missed", f.arrive(t, "newer", &s), []string{`42["e","meanwhile"]`})
}

func TestAReplayIsRepeatedWhoseAnswerIsLost(t *testing.T) {
	f, _ := hooking(t)
	s := saved(t, f)
	emit(t, f.To("room"), "missed")
	answers := 0
	f.gateway.Fail = func(_ string, frame []byte) error {
		if answers++; answers == 2 && strings.Contains(string(frame), "missed") {
			return realtime.ErrUnanswered
		}
		return nil
	}
	first := s.SID
	want(t, "missed", f.arrive(t, "new", &s), []string{`42["e","missed"]`})
	want(t, "sid", s.SID, first)
}

// The client tells by its offset that it heard nothing of the recovery before.
func TestARecoveryOfWhichNothingArrivedIsRepeated(t *testing.T) {
	f, _ := hooking(t)
	s := saved(t, f)
	emit(t, f.To("room"), "missed")
	for _, id := range []string{"lost", "lost too"} {
		f.asks(t, id, s.PID, s.Offset)
		emit(t, f.To("room"), "live on "+id)
		_ = f.Closed(t.Context(), id, 1006)
	}
	first := s.SID
	want(t, "missed", f.arrive(t, "new", &s), []string{`42["e","missed"]`, `42["e","live on lost"]`, `42["e","live on lost too"]`})
	want(t, "sid", s.SID, first)
}

// A large fan-out is handed over, and each of its parts tells whom it has reached.
func TestPartsOfALargeFanOutAreRecoveredEachByItself(t *testing.T) {
	h := &postponed{}
	f, _ := hooking(t, func(o *realtime.Options) { o.Handover, o.InlineFanout = h, 2 })
	var sessions [5]session
	ids := []string{"a", "b", "c", "d", "e"}
	for i, id := range ids {
		f.arrive(t, id, &sessions[i])
	}
	emit(t, f.To("room"), "first")
	h.deliver(t, f)
	for i, id := range ids {
		want(t, "first", sessions[i].heard(t, f.gateway.Take(id)), []string{`42["e","first"]`})
	}
	emit(t, f.To("room"), "handed over")
	for i, id := range ids {
		_ = f.Closed(t.Context(), id, 1006)
		want(t, "missed", f.arrive(t, id+"2", &sessions[i]), []string{`42["e","handed over"]`})
	}
	h.deliver(t, f)
	for i, id := range ids {
		want(t, "missed when all is over", f.arrive(t, id+"3", &sessions[i]), []string(nil))
	}
}

// postponed keeps what is handed over until it is delivered.
type postponed struct {
	mu   sync.Mutex
	kept []realtime.Delivery
}

func (p *postponed) HandOver(_ context.Context, d realtime.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.kept, d)
	return nil
}

// deliver delivers what is kept, as the fanout function does with its payload.
func (p *postponed) deliver(t *testing.T, f *fixture) {
	t.Helper()
	for _, d := range p.kept {
		payload, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var received realtime.Delivery
		if err := json.Unmarshal(payload, &received); err != nil {
			t.Fatal(err)
		}
		if err := f.Deliver(t.Context(), received); err != nil {
			t.Error(err)
		}
	}
	p.kept = nil
}

// counting counts the calls that an event makes.
type counting struct {
	store.Store
	mu    sync.Mutex
	calls map[string]int
}

func (s *counting) count(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[call]++
}

func (s *counting) Clock(ctx context.Context) (int64, error) {
	s.count("clock")
	return s.Store.Clock(ctx)
}

func (s *counting) Tick(ctx context.Context) (int64, error) {
	s.count("tick")
	return s.Store.Tick(ctx)
}

func (s *counting) AppendPacket(ctx context.Context, namespace string, rooms []string, p store.LoggedPacket, expires time.Time) error {
	s.count("append")
	return s.Store.AppendPacket(ctx, namespace, rooms, p, expires)
}

func (s *counting) NoteReached(ctx context.Context, namespace string, rooms []string, offset string, r store.Reached, expires time.Time) error {
	s.count("note")
	return s.Store.NoteReached(ctx, namespace, rooms, offset, r, expires)
}

func (s *counting) Members(ctx context.Context, namespace, room string) ([]store.Member, error) {
	s.count("members")
	return s.Store.Members(ctx, namespace, room)
}

func TestWhatAnEventCostsWithRecovery(t *testing.T) {
	for _, c := range []struct {
		what     string
		recovery *realtime.Recovery
		emit     func(f *fixture) realtime.Broadcast
		want     map[string]int
	}{
		{"off", nil, func(f *fixture) realtime.Broadcast { return f.To("room") }, map[string]int{"members": 1}},
		{"on", &realtime.Recovery{}, func(f *fixture) realtime.Broadcast { return f.To("room") },
			map[string]int{"clock": 2, "append": 1, "members": 1, "tick": 1, "note": 1}},
		{"volatile", &realtime.Recovery{}, func(f *fixture) realtime.Broadcast { return f.To("room").Volatile() }, map[string]int{"members": 1}},
	} {
		t.Run(c.what, func(t *testing.T) {
			calls := &counting{}
			f := newFixture(t, func(o *realtime.Options) {
				o.Recovery = c.recovery
				calls.Store, o.Store = o.Store, calls
			})
			f.Use(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "room") })
			calls.calls = map[string]int{}
			f.connect("a", "b")
			calls.calls = map[string]int{}
			emit(t, c.emit(f), "hello")
			want(t, "calls", calls.calls, c.want)
		})
	}
}
