package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// fanouts stand in for the queue of large fan-outs, and for what gives them to the fanout function: a
// chunk of each lane at a time, in order, and again if its function has died.
type fanouts struct {
	world *world
	// lanes have what waits, and sent the names of all that was sent.
	lanes map[int][]*chunk // guarded by world.mu
	sent  map[string]bool  // guarded by world.mu
	busy  map[int]bool
	// given counts how often the function was invoked.
	given int
}

// chunk is a message of the queue.
type chunk struct {
	payload []byte
	tries   int
	begun   time.Time
}

const (
	// fanoutVisibility is how long a chunk whose function has died waits for the next.
	fanoutVisibility = 20 * time.Second
	// fanoutTries is how often a chunk is given to a function.
	fanoutTries = 5
)

func newFanouts(w *world) *fanouts {
	return &fanouts{world: w, lanes: map[int][]*chunk{}, sent: map[string]bool{}, busy: map[int]bool{}}
}

var _ realtime.Handover = (*fanouts)(nil)

// HandOver implements realtime.Handover.
func (f *fanouts) HandOver(ctx context.Context, d realtime.Delivery) error {
	payload, err := json.Marshal(d)
	if err != nil {
		return err
	}
	c := &call{operation: "SendMessage", key: fmt.Sprint("lane ", d.Lane, " part ", d.Part, " ", abridge(d.Frames[0]))}
	_, err = gate(ctx, f.world, c, func() (struct{}, error) {
		f.world.mu.Lock()
		defer f.world.mu.Unlock()
		if name := fmt.Sprint(d.Packet, " ", d.Part); !f.sent[name] {
			f.sent[name] = true
			f.lanes[d.Lane] = append(f.lanes[d.Lane], &chunk{payload: payload})
		}
		return struct{}{}, nil
	}, nil)
	return err
}

// notice lets the cloud give the first chunks of lanes to functions.
func (f *fanouts) notice() {
	for lane := range 8 {
		f.world.mu.Lock()
		waits := len(f.lanes[lane]) > 0
		f.world.mu.Unlock()
		if waits && !f.busy[lane] {
			f.busy[lane] = true
			f.world.may(0, func() { f.give(lane) }, "lane %d goes on", lane)
		}
	}
}

// empty reports whether nothing waits.
func (f *fanouts) empty() bool {
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	for _, waiting := range f.lanes {
		if len(waiting) > 0 {
			return false
		}
	}
	return true
}

// give gives the first chunk of a lane to a function.
func (f *fanouts) give(lane int) {
	w := f.world
	w.mu.Lock()
	c := f.lanes[lane][0]
	w.mu.Unlock()
	if c.tries++; c.tries == 1 {
		c.begun = time.Now()
	}
	f.given++
	var d realtime.Delivery
	if err := json.Unmarshal(c.payload, &d); err != nil {
		panic(err)
	}
	if d.Begun.IsZero() {
		d.Begun = c.begun
	}
	d.Tries = c.tries
	failed := false
	w.invoke(fmt.Sprintf("fanout of lane %d", lane), func(ctx context.Context, s *realtime.Server) {
		failed = s.Deliver(ctx, d) != nil
	}, func(died bool) {
		if (died || failed) && c.tries < fanoutTries {
			w.may(fanoutVisibility, func() { f.give(lane) }, "lane %d tries again", lane)
			return
		}
		w.mu.Lock()
		f.lanes[lane] = f.lanes[lane][1:]
		w.mu.Unlock()
		f.busy[lane] = false
	})
}
