package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
)

// lanes stand in for the queue of large fan-outs: they keep what is handed over, in order.
type lanes struct {
	mu     sync.Mutex
	queues map[int][][]byte
	// taken are the deliveries that were handed over, in order.
	taken []realtime.Delivery
	err   error
}

func (l *lanes) HandOver(_ context.Context, d realtime.Delivery) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	payload, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if l.queues == nil {
		l.queues = map[int][][]byte{}
	}
	l.queues[d.Lane] = append(l.queues[d.Lane], payload)
	l.taken = append(l.taken, d)
	return nil
}

// next takes the first delivery of a lane; nil if it is empty.
func (l *lanes) next(lane int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queues[lane]) == 0 {
		return nil
	}
	first := l.queues[lane][0]
	l.queues[lane] = l.queues[lane][1:]
	return first
}

// run delivers all that is in the lanes, one delivery of a lane after the other.
func (l *lanes) run(t *testing.T, s *realtime.Server) {
	var running sync.WaitGroup
	for lane := range 16 {
		running.Go(func() {
			for payload := l.next(lane); payload != nil; payload = l.next(lane) {
				var d realtime.Delivery
				if err := json.Unmarshal(payload, &d); err != nil {
					t.Error(err)
				}
				if err := s.Deliver(t.Context(), d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
}

// paced runs a test with a server of which every fan-out to more than two is handed over, in a
// bubble of time.
func paced(t *testing.T, test func(t *testing.T, f *fixture, l *lanes, o *observer), options ...func(*realtime.Options)) {
	t.Helper()
	l, o := &lanes{}, &observer{}
	f := newFixture(t, append(options, func(options *realtime.Options) {
		options.Store, options.Now = memstore.New(time.Now), time.Now
		options.Handover, options.InlineFanout, options.Observer = l, 2, o
	})...)
	synctest.Test(t, func(t *testing.T) {
		f := *f
		f.t = t
		test(t, &f, l, o)
	})
}

// many returns so many ids of connections.
func many(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("c%03d", i)
	}
	return ids
}

// refusing makes the gateway refuse frames that contain text to some connections.
func (f *fixture) refusing(text string, until time.Time, ids ...string) {
	f.gateway.Fail = func(id string, frame []byte) error {
		if slices.Contains(ids, id) && strings.Contains(string(frame), text) && time.Now().Before(until) {
			return realtime.ErrBusy
		}
		return nil
	}
}

func TestEveryConnectionIsInOneLane(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, _ *observer) {
		ids := many(100)
		f.connect(ids...)
		for range 3 {
			emit(t, f.Except(), "e")
		}
		lane, times := map[string]int{}, map[string]int{}
		used := map[int]bool{}
		for _, d := range l.taken {
			if len(d.Members) > 2 {
				t.Errorf("%d members in a chunk", len(d.Members))
			}
			used[d.Lane] = true
			for _, m := range d.Members {
				times[m.ConnectionID]++
				if other, ok := lane[m.ConnectionID]; ok && other != d.Lane {
					t.Errorf("%s is in two lanes", m.ConnectionID)
				}
				lane[m.ConnectionID] = d.Lane
			}
		}
		want(t, "lanes", len(used), 6)
		for _, id := range ids {
			want(t, id, times[id], 3)
		}
	})
}

func TestALaneKeepsToItsShareOfTheRate(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, _ *observer) {
		f.connect(many(400)...)
		var mu sync.Mutex
		second := map[int64]int{}
		f.gateway.Hear = func(string, string) {
			mu.Lock()
			defer mu.Unlock()
			second[time.Now().Unix()]++
		}
		emit(t, f.Except(), "e")
		l.run(t, f.Server)
		sum := 0
		for _, n := range second {
			sum += n
			if n > 100+25 { // and what a lane catches up with
				t.Errorf("%d posts in a second", n)
			}
		}
		want(t, "posts", sum, 400)
	}, func(o *realtime.Options) { o.Pace.PerSecond = 100 })
}

func TestPacketsOfAPacedRoomComeInTheOrderEmitted(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, _ *observer) {
		ids := many(40)
		f.connect(ids...)
		f.refusing("", time.Now().Add(2*time.Second), ids[:20]...) // and soon no more
		var frames []string
		for i := range 10 {
			emit(t, f.Except(), fmt.Sprint("e", i))
			frames = append(frames, fmt.Sprintf(`42["e",%q]`, fmt.Sprint("e", i)))
		}
		l.run(t, f.Server)
		for _, id := range ids {
			want(t, id, f.gateway.Take(id), frames)
		}
	})
}

func TestWhatIsRefusedForLongGetsOutOfTheWayAndComesLater(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, o *observer) {
		ids := many(20)
		f.connect(ids...)
		f.refusing("first", time.Now().Add(10*time.Second), ids[7])
		emit(t, f.Except(), "first")
		emit(t, f.Except(), "second")
		l.run(t, f.Server)
		for _, id := range ids {
			expected := []string{`42["e","first"]`, `42["e","second"]`}
			if id == ids[7] {
				slices.Reverse(expected)
			}
			want(t, id, f.gateway.Take(id), expected)
		}
		want(t, "counted", o.heard, []string(nil))
		want(t, "logged", f.log.String(), "")
	})
}

func TestWhatIsRefusedUntilTheDeadlineIsCountedAndLoggedOnceForItsPacket(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, o *observer) {
		ids := many(60)
		f.connect(ids...)
		f.refusing("lost", time.Now().Add(time.Hour), ids...)
		start := time.Now()
		emit(t, f.Except(), "lost")
		l.run(t, f.Server)
		if took := time.Since(start); took < 30*time.Second || took > 30*time.Minute {
			t.Errorf("given up after %v", took)
		}
		given := 0
		for _, heard := range o.heard {
			var n int
			if _, err := fmt.Sscanf(heard, "given up %d", &n); err != nil {
				t.Error(heard)
			}
			given += n
		}
		want(t, "given up", given, 60)
		if n := strings.Count(f.log.String(), "packet not delivered"); n != 1 || strings.Count(f.log.String(), "\n") != 1 {
			t.Errorf("%d lines tell of it:\n%s", n, f.log)
		}
		emit(t, f.Except(), "heard")
		l.run(t, f.Server)
		for _, id := range ids {
			want(t, id, f.gateway.Take(id), []string{`42["e","heard"]`})
		}
	})
}

func TestAVolatilePacketIsPostedOnceAndNotCounted(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, o *observer) {
		ids := many(10)
		f.connect(ids...)
		posts := 0
		f.gateway.Fail = func(id string, _ []byte) error {
			if id == ids[0] {
				posts++
				return realtime.ErrBusy
			}
			return nil
		}
		if err := f.Except().Volatile().Emit(t.Context(), "e"); err != nil {
			t.Fatal(err)
		}
		l.run(t, f.Server)
		want(t, "posts", posts, 1)
		want(t, "counted", o.heard, []string(nil))
	})
}

func TestADeliveryWhoseFunctionDiesIsRepeated(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, o *observer) {
		ids := many(4)
		f.connect(ids...)
		emit(t, f.Except(), "e")
		dying := l.taken[0]
		ctx, die := context.WithCancel(t.Context())
		f.gateway.Hear = func(string, string) { die() }
		if err := f.Deliver(ctx, dying); !errors.Is(err, context.Canceled) {
			t.Fatalf("the queue must keep it: %v", err)
		}
		f.gateway.Hear = nil
		l.run(t, f.Server)
		for _, id := range ids {
			if n := len(f.gateway.Take(id)); n == 0 || n > 2 {
				t.Errorf("%s hears it %d times", id, n)
			}
		}
		want(t, "counted", o.heard, []string(nil))
	})
}

func TestADeliveryOfWhichEveryFunctionDiesIsGivenUp(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, o *observer) {
		f.connect("a", "b", "c")
		emit(t, f.Except(), "e")
		d := l.taken[0]
		d.Tries = 4
		if err := f.Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		want(t, "counted", o.heard, []string{fmt.Sprint("given up ", len(d.Members))})
		if log := f.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "a function has died") {
			t.Errorf("logged\n%s", log)
		}
	})
}

func TestARestThatIsNotHandedOverIsTriedByTheSameFunction(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, o *observer) {
		ids := many(10)
		f.connect(ids...)
		emit(t, f.Except(), "e")
		l.err = errors.New("not now")
		f.refusing("", time.Now().Add(10*time.Second), ids[3])
		l.run(t, f.Server)
		for _, id := range ids {
			want(t, id, f.gateway.Take(id), []string{`42["e","e"]`})
		}
		want(t, "counted", o.heard, []string(nil))
	})
}

// The rest of a part is a part of its own, and a recovery waits for it.
func TestWhoGetsAPacketWithTheRestIsNotSentItAgainByARecovery(t *testing.T) {
	paced(t, func(t *testing.T, f *fixture, l *lanes, _ *observer) {
		f.Use(func(ctx context.Context, s *realtime.Socket) error {
			if s.Recovered() {
				return nil
			}
			return s.Join(ctx, "room")
		})
		ids := many(5)
		sessions := make([]session, len(ids))
		for i, id := range ids {
			f.arrive(t, id, &sessions[i])
		}
		emit(t, f.To("room"), "first")
		l.run(t, f.Server)
		for i, id := range ids {
			want(t, "first", sessions[i].heard(t, f.gateway.Take(id)), []string{`42["e","first"]`})
		}
		f.refusing("late", time.Now().Add(5*time.Second), ids[2])
		emit(t, f.To("room"), "late")
		l.run(t, f.Server)
		for i, id := range ids {
			want(t, "late", sessions[i].heard(t, f.gateway.Take(id)), []string{`42["e","late"]`})
			_ = f.Closed(t.Context(), id, 1006)
			want(t, "missed", f.arrive(t, id+"2", &sessions[i]), []string(nil))
		}
	}, func(o *realtime.Options) { o.Recovery = &realtime.Recovery{} })
}
