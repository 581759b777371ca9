package gateway

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// crowd is how many connections begin and end together.
const crowd = maxAtOnce + 30

// meeting is a handler in which the first calls wait until as many are there as may run at once.
type meeting struct {
	there, most, calls atomic.Int64
	full               chan struct{}
	leave              sync.Once
}

func newMeeting() *meeting { return &meeting{full: make(chan struct{})} }

func (m *meeting) handle(context.Context, []byte) (any, func(), error) {
	defer m.there.Add(-1)
	n := m.there.Add(1)
	for most := m.most.Load(); n > most && !m.most.CompareAndSwap(most, n); most = m.most.Load() {
	}
	if n >= maxAtOnce {
		time.Sleep(50 * time.Millisecond) // time for those who may not come
		m.leave.Do(func() { close(m.full) })
	}
	<-m.full
	m.calls.Add(1)
	return response{StatusCode: 200}, nil, nil
}

func TestConnectionsThatBeginAndEndTogetherAreHandledAFewAtATime(t *testing.T) {
	begin, end := newMeeting(), newMeeting()
	s := newRawStage(t, handlers{"connect": begin.handle, "disconnect": end.handle})
	var dialing sync.WaitGroup
	clients := make([]net.Conn, crowd)
	for i := range clients {
		dialing.Go(func() {
			var err error
			if clients[i], _, _, err = ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1)); err != nil {
				t.Error(err)
			}
		})
	}
	dialing.Wait()
	for _, c := range clients {
		if c != nil {
			_ = c.Close()
		}
	}
	for deadline := time.Now().Add(10 * time.Second); end.calls.Load() < crowd && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	for name, m := range map[string]*meeting{"$connect": begin, "$disconnect": end} {
		if m.most.Load() != maxAtOnce || m.calls.Load() != crowd {
			t.Errorf("%s: %d at once, %d in all", name, m.most.Load(), m.calls.Load())
		}
	}
}

func TestAClientThatLeavesWhileItWaitsNeverReachesConnect(t *testing.T) {
	var calls atomic.Int64
	s := newRawStage(t, handlers{"connect": func(context.Context, []byte) (any, func(), error) {
		calls.Add(1)
		return response{StatusCode: 200}, nil, nil
	}})
	for range maxAtOnce {
		s.Gateway.starting <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, _, err := ws.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)); err == nil {
		t.Error("it was let in")
	}
	// Close waits for all that has begun.
	if err := s.Gateway.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls", calls.Load())
	}
}
