package conformance

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/names"
)

// sweepEvery is the time between two sweeps of the hasty clouds: nine are a ping interval.
var sweepEvery = (deadlines.PingInterval / 9).Truncate(time.Millisecond)

// sweeps returns how often the cloud has swept.
func (s site) sweeps() int64 {
	for _, function := range s.Meter().Report().Invocations {
		if function.Function == names.Sweep {
			return function.Count
		}
	}
	return 0
}

// TestDeadlines counts pings and sweeps. TestDeadlinesAreKept of shared/realtime measures
// the same deadlines on a clock of its own. It is not parallel to other tests: a client that
// is slow to answer looks like one that is gone.
func TestDeadlines(t *testing.T) {
	t.Cleanup(func() { // their sweeps never rest
		if err := shared.stop(hasty); err != nil {
			t.Error(err)
		}
	})
	clauses := map[string]func(*testing.T, site){
		"OPEN tells the intervals": func(t *testing.T, s site) {
			open := s.dial(t).open
			want(t, "intervals", []int{open.PingInterval, open.PingTimeout}, []int{500, 8000})
		},
		"the server pings, and a client that answers stays": func(t *testing.T, s site) {
			c := s.connect(t)
			for c.pings < 5 {
				c.until("2")
			}
			c.send(`421["echo","still here"]`)
			want(t, "echo", c.until("43"), `431["still here"]`)
		},
		"no ping is so late that a client gives up": func(t *testing.T, s site) {
			c := s.connect(t)
			most := int64((deadlines.PingInterval + deadlines.PingTimeout) / sweepEvery)
			for range 4 {
				before := s.sweeps()
				c.until("2")
				if n := s.sweeps() - before; n > most {
					t.Errorf("a ping came after %d sweeps, more than %d", n, most)
				}
			}
		},
		"silence closes the connection after the ping timeout": func(t *testing.T, s site) {
			c := s.dial(t)
			before := c.pings
			c.mute.Store(true)
			c.send("40/valid,")
			c.expectEnd()
			if c.pings == before {
				t.Error("closed before the first ping")
			}
		},
		"silence closes a connection that has answered before": func(t *testing.T, s site) {
			c := s.connect(t)
			for c.pings < 2 {
				c.until("2")
			}
			before := c.pings
			c.mute.Store(true)
			c.expectEnd()
			if c.pings == before {
				t.Error("closed before the next ping")
			}
		},
		"the reason of silence is a ping timeout": func(t *testing.T, s site) {
			watcher := s.dial(t)
			watcher.enter()
			silent := s.dial(t, watcher.watcherQuery())
			silent.mute.Store(true)
			silent.enter()
			want(t, "heard", watcher.until(`42/rooms,["left"`), `42/rooms,["left","ping timeout"]`)
		},
		"no CONNECT closes the connection after the connect timeout":       withoutSocket(),
		"an unknown namespace does not count as a CONNECT":                 withoutSocket("40/unknown,"),
		"a namespace whose middleware refuses does not count as a CONNECT": withoutSocket("40/no,"),
		"frames of Engine.IO do not put the connect timeout off":           withoutSocket("3", "6"),
		"a connection with a socket outlives the connect timeout": func(t *testing.T, s site) {
			c := s.dial(t)
			c.send("40/valid,")
			for c.pings <= int(2*deadlines.ConnectTimeout/deadlines.PingInterval) {
				c.until("2")
			}
			c.send("40/foo,")
			c.until("40/foo,")
		},
	}
	for clause, test := range clauses {
		t.Run(clause, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, hasty, test)
		})
	}
}

// withoutSocket sends frames that make no socket, answers pings, and expects the server's
// close after the connect timeout.
func withoutSocket(frames ...string) func(*testing.T, site) {
	return func(t *testing.T, s site) {
		c := s.dial(t)
		c.send(frames...)
		c.expectEnd()
	}
}
