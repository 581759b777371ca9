package conformance

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestDeadlines is not parallel to other tests: a client that is slow to answer looks
// like one that is gone.
func TestDeadlines(t *testing.T) {
	t.Cleanup(func() { // their sweeps never rest
		if err := shared.stop(hasty); err != nil {
			t.Error(err)
		}
	})
	clauses := map[string]func(*testing.T, site){
		"OPEN tells the intervals": func(t *testing.T, s site) {
			open := s.whole(t).open
			want(t, "intervals", []int{open.PingInterval, open.PingTimeout}, []int{500, 4000})
		},
		"the server pings, and a client that answers stays": func(t *testing.T, s site) {
			c := s.wholeConnect(t)
			for c.pings < 5 {
				c.until("2")
			}
			c.send(`421["echo","still here"]`)
			want(t, "echo", c.until("43"), `431["still here"]`)
		},
		"no ping is so late that a client gives up": func(t *testing.T, s site) {
			c := s.wholeConnect(t)
			for range 4 {
				start := time.Now()
				c.until("2")
				if took := time.Since(start); took > deadlines.PingInterval+deadlines.PingTimeout {
					t.Errorf("a ping came after %v", took)
				}
			}
		},
		"silence closes the connection after the ping timeout": func(t *testing.T, s site) {
			start := time.Now()
			c := s.whole(t)
			before := c.pings
			c.mute.Store(true)
			c.send("40/valid,")
			c.ends()
			if took := time.Since(start); c.pings == before || took < deadlines.PingTimeout {
				t.Errorf("closed after %v and %d pings", took, c.pings-before)
			}
		},
		"silence closes a connection that has answered before": func(t *testing.T, s site) {
			c := s.wholeConnect(t)
			for c.pings < 2 {
				c.until("2")
			}
			before := c.pings
			c.mute.Store(true)
			c.ends()
			if c.pings == before {
				t.Error("closed before the next ping")
			}
		},
		"the reason of silence is a ping timeout": func(t *testing.T, s site) {
			watcher := s.whole(t)
			watcher.enter()
			silent := s.whole(t, watcher.watching())
			silent.mute.Store(true)
			silent.enter()
			want(t, "heard", watcher.until(`42/rooms,["left"`), `42/rooms,["left","ping timeout"]`)
		},
		"no CONNECT closes the connection after the connect timeout":       withoutSocket(),
		"an unknown namespace does not count as a CONNECT":                 withoutSocket("40/unknown,"),
		"a namespace whose middleware refuses does not count as a CONNECT": withoutSocket("40/no,"),
		"frames of Engine.IO do not put the connect timeout off":           withoutSocket("3", "6"),
		"a connection with a socket outlives the connect timeout": func(t *testing.T, s site) {
			start := time.Now()
			c := s.whole(t)
			c.send("40/valid,")
			for time.Since(start) < 2*deadlines.ConnectTimeout {
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

// withoutSocket sends frames that make no socket, answers pings, and wants the
// server's close when the connect timeout is over.
func withoutSocket(frames ...string) func(*testing.T, site) {
	return func(t *testing.T, s site) {
		start := time.Now()
		c := s.whole(t)
		c.send(frames...)
		c.ends()
		if took := time.Since(start); took < deadlines.ConnectTimeout {
			t.Errorf("closed after %v", took)
		}
	}
}

// whole opens a connection that no sweep met while it was being opened: such a one is
// ended, or its first frame is a ping.
func (s site) whole(t *testing.T, query ...string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	for {
		conn, _, err := websocket.Dial(ctx, s.URL()+request+strings.Join(query, ""), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c := s.listening(ctx, t, conn); c.speaks() {
			return c
		}
	}
}

// speaks reports whether OPEN comes first, and answers come after.
func (c *client) speaks() bool {
	frame, err := c.read()
	if err != nil || !strings.HasPrefix(frame, "0") || json.Unmarshal([]byte(frame[1:]), &c.open) != nil {
		return false
	}
	for range 3 {
		if c.conn.Write(c.ctx, websocket.MessageText, []byte("6")) != nil {
			return false
		}
		for frame = ""; frame != "6"; {
			if frame, err = c.read(); err != nil {
				return false
			}
		}
	}
	return true
}

// wholeConnect is connect on such a connection.
func (s site) wholeConnect(t *testing.T) *client {
	t.Helper()
	c := s.whole(t)
	c.send("40")
	c.until(`42["auth"`)
	return c
}
