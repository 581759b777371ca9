package realtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// TestSocketsThatRecoverHearWhatWasAcknowledged lets several emitters send to rooms, to
// several rooms at once, to everyone and to single sockets, while the lines of the sockets break
// and they recover. It prints the figures of docs/guarantees.md.
func TestSocketsThatRecoverHearWhatWasAcknowledged(t *testing.T) {
	for _, c := range []struct {
		what   string
		faults float64
		apart  bool
	}{
		{"one process", 0, false},
		{"one process, 2 % of the posts fail", 0.02, false},
		{"a process for each emitter", 0, true},
		{"a process for each emitter, 2 % of the posts fail", 0.02, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			w := newParty(t, c.faults, c.apart)
			w.run()
			w.judge()
		})
	}
}

const (
	partyEmitters = 3
	partyPackets  = 60 // of each emitter, unless PACKETS says another number
	partySockets  = 12
	partyRooms    = 3
)

// party is a number of clients that recover, and the gateway between them and the emitters.
type party struct {
	t       *testing.T
	servers []*realtime.Server
	packets int // of each emitter
	faults  float64
	failing atomic.Bool
	opened  atomic.Int64

	mu      sync.Mutex
	lines   map[string]*partyLine
	clients []*listener
	// sent are the sockets that each acknowledged packet was for.
	sent map[int][]*listener
}

// partyLine is one connection. What the gateway takes while it is cut is lost.
type partyLine struct {
	client   *listener
	cut, end bool
}

// listener does with events what socket.io-client does.
type listener struct {
	session
	party *party
	rooms []string
	sid   string // which stays

	mu        sync.Mutex
	line      *partyLine
	connected bool
	waiting   []string // events from before the reply to CONNECT
	heard     map[int]int
	// unanswered counts the posts of each packet that arrived although their answer was lost.
	// Nobody can know it, so the packet is sent again.
	unanswered map[int]int
	until      int           // events until it loses its line
	lost       chan struct{} // closed then
	welcome    chan string
	recovered  int
}

func newParty(t *testing.T, faults float64, apart bool) *party {
	w := &party{t: t, packets: partyPackets, faults: faults, lines: map[string]*partyLine{}, sent: map[int][]*listener{}}
	if text := os.Getenv("PACKETS"); text != "" {
		var err error
		if w.packets, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	shared := newStore(t, time.Now)
	for range partyEmitters + 1 {
		s := realtime.NewServer(realtime.Options{
			Store: shared, Gateway: w, Recovery: &realtime.Recovery{}, Log: slog.New(slog.DiscardHandler),
		})
		s.Use(func(ctx context.Context, k *realtime.Socket) error {
			var auth struct{ Rooms []string }
			if err := k.Handshake().DecodeAuth(&auth); err != nil || k.Recovered() {
				return err
			}
			return k.Join(ctx, auth.Rooms...)
		})
		if apart {
			realtime.Apart(s)
		}
		w.servers = append(w.servers, s)
	}
	for i := range partySockets {
		c := &listener{party: w, heard: map[int]int{}, unanswered: map[int]int{}}
		for j := range partyRooms {
			if (i+j)%partyRooms > 0 {
				c.rooms = append(c.rooms, fmt.Sprint("room", j))
			}
		}
		w.clients = append(w.clients, c)
		if !c.connect() {
			t.Fatal("no connection")
		}
		c.sid = c.SID
	}
	return w
}

// run lets the emitters send while lines break, and then every client lose its line once more.
func (w *party) run() {
	w.failing.Store(true)
	done := make(chan struct{})
	var clients, sending sync.WaitGroup
	for _, c := range w.clients {
		clients.Go(func() { c.live(done) })
	}
	for i := range partyEmitters {
		sending.Go(func() { w.emit(w.servers[1+i], i*w.packets) })
	}
	sending.Wait()
	close(done)
	clients.Wait()
	w.failing.Store(false)
	for _, c := range w.clients {
		c.cut()
		c.comeBack()
	}
}

// emit sends an emitter's packets, and notes those that are acknowledged.
func (w *party) emit(s *realtime.Server, first int) {
	random := rand.New(rand.NewPCG(1, uint64(first)))
	room := func() string { return fmt.Sprint("room", random.IntN(partyRooms)) }
	for n := first; n < first+w.packets; n++ {
		to, rooms := s.Except(), []string(nil)
		switch random.IntN(6) {
		case 0: // everyone
		case 1:
			rooms = []string{room(), room()}
		case 2:
			rooms = []string{w.clients[random.IntN(len(w.clients))].sid}
		default:
			rooms = []string{room()}
		}
		if rooms != nil {
			to = s.To(rooms...)
		}
		if err := to.Emit(w.t.Context(), "e", n); err != nil {
			continue
		}
		w.mu.Lock()
		for _, c := range w.clients {
			if rooms == nil || slices.ContainsFunc(rooms, func(r string) bool { return r == c.sid || slices.Contains(c.rooms, r) }) {
				w.sent[n] = append(w.sent[n], c)
			}
		}
		w.mu.Unlock()
	}
}

// judge counts what was lost and what came more than once, and of that what had to.
func (w *party) judge() {
	var expected, lost, doubled, unanswered, recovered int
	for n, to := range w.sent {
		for _, c := range to {
			expected++
			times := c.heard[n]
			if times == 0 {
				lost++
			}
			doubled += max(0, times-1)
			unanswered += max(0, min(times-1, c.unanswered[n]))
		}
	}
	for _, c := range w.clients {
		recovered += c.recovered
	}
	percent := func(n int) float64 { return 100 * float64(n) / float64(expected) }
	others := doubled - unanswered
	w.t.Logf("%d packets, %d recoveries: %d lost, %d doubled (%.2f %%): %d whose answer was lost (%.2f %%), and %d others (%.2f %%)",
		expected, recovered, lost, doubled, percent(doubled), unanswered, percent(unanswered), others, percent(others))
	if lost > 0 {
		w.t.Errorf("%d lost", lost)
	}
	// It depends on how fast packets follow one another, and so on the machine.
	if others > recovered {
		w.t.Errorf("%d doubled by %d recoveries", others, recovered)
	}
}

// Post implements realtime.Gateway.
func (w *party) Post(_ context.Context, id string, frame []byte) error {
	time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
	arrives, err := true, error(nil)
	if w.failing.Load() && rand.Float64() < w.faults {
		arrives = rand.IntN(2) == 0
		if err = realtime.ErrUnanswered; rand.IntN(2) == 0 {
			arrives, err = false, realtime.ErrBusy
		}
	}
	w.mu.Lock()
	l := w.lines[id]
	if l == nil || l.end {
		w.mu.Unlock()
		return realtime.ErrGone
	}
	w.mu.Unlock()
	if arrives {
		l.client.hear(l, string(frame))
		if err != nil && strings.HasPrefix(string(frame), "42") {
			l.client.unanswer(string(frame))
		}
	}
	return err
}

// Close implements realtime.Gateway.
func (w *party) Close(_ context.Context, id string) error {
	w.mu.Lock()
	l := w.lines[id]
	closed := l != nil && !l.end
	if l != nil {
		l.end = true
	}
	w.mu.Unlock()
	if closed {
		l.client.lose(l)
		go w.servers[0].Closed(context.WithoutCancel(w.t.Context()), id, 1001)
	}
	return nil
}

// hear takes a frame. Events that come before the reply to CONNECT wait for it, on whatever
// line it comes.
func (c *listener) hear(l *partyLine, frame string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != l || l.cut {
		return
	}
	switch {
	case strings.HasPrefix(frame, "40"):
		c.connected = true
		var reply session
		if err := json.Unmarshal([]byte(frame[2:]), &reply); err != nil {
			c.party.t.Errorf("reply %s: %v", frame, err)
		}
		if c.PID != "" && reply.PID != c.PID {
			c.party.t.Errorf("a new session instead of %s", c.PID)
		} else if c.PID != "" {
			c.recovered++
		}
		c.SID, c.PID = reply.SID, reply.PID
		for _, event := range c.waiting {
			c.take(event)
		}
		c.waiting = nil
		c.welcome <- frame
	case strings.HasPrefix(frame, "42") && !c.connected:
		c.waiting = append(c.waiting, frame)
	case strings.HasPrefix(frame, "42"):
		c.take(frame)
		if c.until--; c.until == 0 {
			l.cut = true
			close(c.lost)
		}
	}
}

// take counts an event, and keeps its offset.
func (c *listener) take(frame string) {
	n, offset := c.read(frame)
	c.heard[n]++
	c.Offset = offset
}

// unanswer counts an event that the client gets although the answer to its post is lost.
func (c *listener) unanswer(frame string) {
	n, _ := c.read(frame)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unanswered[n]++
}

// read returns the number and the offset of an event.
func (c *listener) read(frame string) (n int, offset string) {
	var number float64
	if err := json.Unmarshal([]byte(frame[2:]), &[]any{nil, &number, &offset}); err != nil {
		c.party.t.Errorf("event %s: %v", frame, err)
	}
	return int(number), offset
}

// live loses the line and comes back, until the emitters are done.
func (c *listener) live(done chan struct{}) {
	for {
		c.mu.Lock()
		lost := c.lost
		c.mu.Unlock()
		select {
		case <-done:
			return
		case <-lost:
		}
		c.comeBack()
	}
}

// lose is what the client does when it notices that its line is gone.
func (c *listener) lose(l *partyLine) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == l && !l.cut {
		l.cut = true
		close(c.lost)
	}
}

func (c *listener) cut() {
	c.mu.Lock()
	l := c.line
	c.mu.Unlock()
	c.lose(l)
}

// comeBack connects again until it succeeds. Half of the time it comes before anybody knows
// that its line was lost.
func (c *listener) comeBack() {
	for range 40 {
		c.mu.Lock()
		l := c.line
		c.connected = false
		c.mu.Unlock()
		tell := func() {
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			c.party.notice(l)
		}
		if rand.IntN(2) == 0 {
			go tell()
		} else {
			tell()
		}
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		if c.connect() {
			return
		}
	}
	c.party.t.Error("it never came back")
}

// notice is what the gateway does when it notices the end of a line.
func (w *party) notice(l *partyLine) {
	w.mu.Lock()
	id := ""
	for name, line := range w.lines {
		if line == l && !line.end {
			line.end, id = true, name
		}
	}
	w.mu.Unlock()
	if id != "" {
		_ = w.servers[0].Closed(context.WithoutCancel(w.t.Context()), id, 1006)
	}
}

// connect opens a line and sends the CONNECT. It reports whether the reply came.
func (c *listener) connect() bool {
	w, ctx := c.party, c.party.t.Context()
	id := fmt.Sprint("line", w.opened.Add(1))
	l := &partyLine{client: c}
	c.mu.Lock()
	c.line, c.connected, c.until = l, false, 20+rand.IntN(80)
	c.lost, c.welcome = make(chan struct{}), make(chan string, 1)
	welcome, lost := c.welcome, c.lost
	auth, _ := json.Marshal(map[string]any{"pid": c.PID, "offset": c.Offset, "rooms": c.rooms})
	c.mu.Unlock()
	w.mu.Lock()
	w.lines[id] = l
	w.mu.Unlock()
	opened, err := w.servers[0].Accept(ctx, realtime.Upgrade{ConnectionID: id, Query: map[string]string{"EIO": "4", "transport": "websocket"}, At: time.Now()})
	if err != nil {
		w.t.Error(err)
		return false
	}
	opened(ctx)
	c.hear(l, string(w.servers[0].Receive(ctx, realtime.Message{ConnectionID: id, Body: "40" + string(auth), At: time.Now()})))
	select {
	case <-welcome:
		return true
	case <-lost:
		return false
	}
}
