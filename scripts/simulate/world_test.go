package simulate

import (
	"cmp"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// world is everything in one history. Its loop, which is the only one to make choices, runs in
// one goroutine; the functions run in others, and wait in gate.
type world struct {
	profile profile
	random  *rand.Rand
	start   time.Time

	stores    stores
	instances []*instance
	apis      map[*realtime.Server]http.Handler // by the server of their instance
	network   *network
	fanouts   *fanouts
	users     []*user
	devices   []*device
	rooms     []string

	// faulty: calls may fail. It ends before the check.
	faulty bool
	// operations is how many more the devices start.
	operations int
	// clock numbers what devices do and see, in order.
	clock    int
	timers   []*timer
	timerIDs int
	// events are what the cloud may do next.
	events []*event
	// running are the invocations that have not returned.
	running     map[int]*invocation
	invocations int
	// script, if set, decides on calls in place of chance.
	script func(*call) (verdict, bool)

	// stage is how much time the system had to repair itself, as a suffix of what is violated.
	stage    string
	requests []*request
	heard    []heard
	// mentioned are the mentions that devices were told of, and mentionCounts how many are unread by user and room.
	mentioned     []heard
	mentionCounts map[string]int64
	seen          []seen
	marked        []marked
	asked         []asked
	found         []violation

	mu      sync.Mutex // guards what the functions' goroutines use: waiting, lines, lines' inboxes
	waiting []*call
	lines   []string // the history, for people
}

// timer is something that happens at a time.
type timer struct {
	at time.Time
	id int
	do func()
}

// event is something that the cloud may do at any moment from a time on.
type event struct {
	from time.Time
	what string
	do   func()
}

func newWorld(p profile, seed uint64, open func(*world) stores) *world {
	w := &world{
		profile:    p,
		random:     rand.New(rand.NewPCG(seed, 0)),
		start:      time.Now(),
		faulty:     true,
		operations: p.operations,
		running:    map[int]*invocation{},
		apis:       map[*realtime.Server]http.Handler{},

		mentionCounts: map[string]int64{},
	}
	w.network = &network{world: w, connections: map[string]*connection{}}
	w.fanouts = newFanouts(w)
	w.stores = open(w)
	for i := range 2 {
		w.instances = append(w.instances, newInstance(w, time.Duration(i)*p.skew))
	}
	for i := range p.users {
		u := &user{id: fmt.Sprintf("u%d", i+1)}
		w.users = append(w.users, u)
		for range 1 + w.random.IntN(p.devices) {
			w.addDevice(u)
		}
	}
	w.jumpClocks()
	w.every(time.Minute, func() { w.sweep(time.Now()) })
	return w
}

// jumpClocks sets the clocks of the instances anew from time to time, while there are faults.
func (w *world) jumpClocks() {
	if w.profile.jump == 0 || !w.faulty {
		return
	}
	w.after(time.Duration(1+w.random.IntN(40))*time.Second, func() {
		i := w.random.IntN(len(w.instances))
		skew := time.Duration(2*w.random.Int64N(int64(w.profile.jump))) - w.profile.jump
		w.instances[i].skew.Store(int64(skew))
		w.note("the clock of instance %d jumps: it is off by %v", i, skew)
		w.jumpClocks()
	})
}

func (w *world) addDevice(u *user) {
	d := &device{world: w, user: u, name: fmt.Sprintf("%s.%c", u.id, 'a'+len(u.devices)), wants: true, asked: map[int]*request{}, beliefs: map[string]belief{}, copies: map[string]*roomCopy{}}
	w.devices = append(w.devices, d)
	u.devices = append(u.devices, d)
}

// note writes a line of the history.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, fmt.Sprintf("%9.3f  ", time.Since(w.start).Seconds())+fmt.Sprintf(format, args...))
}

// Write makes the world a writer of the functions' logs.
func (w *world) Write(p []byte) (int, error) {
	w.note("            log: %s", strings.TrimSpace(string(p)))
	return len(p), nil
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelInfo,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// tell returns the history for people, with short names of rooms.
func (w *world) tell() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := strings.Join(w.lines, "\n")
	for i, id := range w.rooms {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("room%d", i+1))
	}
	return text
}

// tick returns the next number of the clock that orders what devices do and see.
func (w *world) tick() int {
	w.clock++
	return w.clock
}

func (w *world) after(d time.Duration, do func()) *timer {
	w.timerIDs++
	t := &timer{at: time.Now().Add(d), id: w.timerIDs, do: do}
	w.timers = append(w.timers, t)
	slices.SortFunc(w.timers, func(a, b *timer) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	return t
}

func (w *world) stop(t *timer) {
	w.timers = slices.DeleteFunc(w.timers, func(other *timer) bool { return other == t })
}

func (w *world) every(d time.Duration, do func()) {
	w.after(d, func() { w.every(d, do); do() })
}

// may adds something that the cloud may do from now on, after a delay.
func (w *world) may(delay time.Duration, do func(), format string, args ...any) {
	w.events = append(w.events, &event{from: time.Now().Add(delay), what: fmt.Sprintf(format, args...), do: do})
}

// pass lets time pass, and runs the timers that are due.
func (w *world) pass(d time.Duration) {
	until := time.Now().Add(d)
	for len(w.timers) > 0 && !w.timers[0].at.After(until) {
		next := w.timers[0]
		time.Sleep(time.Until(next.at))
		w.timers = w.timers[1:]
		next.do()
		w.settle()
	}
	time.Sleep(time.Until(until))
	w.settle()
}

// settle waits until every function waits for the world, and lets the devices read.
func (w *world) settle() {
	synctest.Wait()
	for _, d := range w.devices {
		d.read()
	}
	w.network.notice()
	w.fanouts.notice()
}

// ready returns the events that may happen now.
func (w *world) ready() []*event {
	now := time.Now()
	var ready []*event
	for _, e := range w.events {
		if !e.from.After(now) {
			ready = append(ready, e)
		}
	}
	return ready
}

// step makes one thing happen.
func (w *world) step() {
	w.settle()
	calls, events := w.calls(), w.ready()
	busy := len(w.running) >= 6
	weights := []int{10 * len(calls), 6 * len(events), 0, 2}
	if w.operations > 0 && !busy {
		weights[2] = 4
	}
	switch w.choose(weights) {
	case 0:
		w.release(calls[w.random.IntN(len(calls))])
	case 1:
		e := events[w.random.IntN(len(events))]
		w.events = slices.DeleteFunc(w.events, func(other *event) bool { return other == e })
		e.do()
	case 2:
		w.operations--
		w.operate()
	default:
		w.pass(w.pause(len(calls) > 0))
	}
}

// pause chooses how long nothing happens.
func (w *world) pause(busy bool) time.Duration {
	n := w.random.IntN(100)
	switch {
	case !busy && len(w.running) == 0 && n < 12 && w.faulty:
		return time.Duration(1+w.random.IntN(75)) * time.Second
	case w.faulty && w.chance(w.profile.slow):
		return 11 * time.Second
	case n < 30:
		return time.Duration(1+w.random.IntN(3000)) * time.Millisecond
	default:
		return time.Duration(1+w.random.IntN(50)) * time.Millisecond
	}
}

func (w *world) choose(weights []int) int {
	sum := 0
	for _, n := range weights {
		sum += n
	}
	at := w.random.IntN(sum)
	for i, n := range weights {
		if at -= n; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// chance is true this often.
func (w *world) chance(p float64) bool { return w.random.Float64() < p }

// quiet reports whether nothing is under way, apart from timers.
func (w *world) quiet() bool {
	return len(w.calls()) == 0 && len(w.running) == 0 && len(w.events) == 0 && w.fanouts.empty()
}

// maxSteps bounds a history, so that one that never ends is found.
const maxSteps = 100_000

// calm lets everything go on without choices of its own until nothing is under way and all
// devices that want to be online are, or the time is over.
func (w *world) calm(most time.Duration) {
	until := time.Now().Add(most)
	for steps := 0; time.Now().Before(until) && steps < maxSteps; steps++ {
		w.settle()
		calls, events := w.calls(), w.ready()
		switch {
		case len(calls) > 0:
			w.release(calls[w.random.IntN(len(calls))])
		case len(events) > 0:
			e := events[w.random.IntN(len(events))]
			w.events = slices.DeleteFunc(w.events, func(other *event) bool { return other == e })
			e.do()
		case w.quiet() && w.allSettled():
			return
		default:
			w.pass(50 * time.Millisecond)
		}
	}
}

func (w *world) allSettled() bool {
	return !slices.ContainsFunc(w.devices, func(d *device) bool { return d.wants && !d.joined })
}

// suffer runs the part of a history with faults.
func (w *world) suffer() {
	for steps := 0; (w.operations > 0 || !w.quiet()) && steps < maxSteps; steps++ {
		w.step()
	}
}
