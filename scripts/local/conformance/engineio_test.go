package conformance

import (
	"context"
	"math"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

func TestOpenHandshake(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		open, other := s.dial(t).open, s.dial(t).open
		if open.SID == "" || open.SID == other.SID {
			t.Errorf("the sids of two connections are %q and %q", open.SID, other.SID)
		}
		open.SID = ""
		// The client adds interval and timeout in one timer, which cannot be longer.
		want(t, "OPEN", open, handshake{Upgrades: []string{}, PingInterval: math.MaxInt32 - 90_000, PingTimeout: 90_000, MaxPayload: 1_000_000})
	})
}

func TestRequestsToConnect(t *testing.T) {
	t.Parallel()
	cases := []struct {
		clause, path string
		status       int
	}{
		{"version 4 by WebSocket", request, http.StatusSwitchingProtocols},
		{"with b64", request + "&b64=1", http.StatusSwitchingProtocols},
		{"on a path without a slash", "/socket.io?EIO=4&transport=websocket", http.StatusSwitchingProtocols},
		{"on the stage's path", "/local/?EIO=4&transport=websocket", http.StatusSwitchingProtocols},
		{"on another stage's path", "/prod/?EIO=4&transport=websocket", http.StatusForbidden},
		{"on no path", "/?EIO=4&transport=websocket", http.StatusForbidden},
		{"below the path", "/socket.io/x/?EIO=4&transport=websocket", http.StatusForbidden},
		{"version 3", "/socket.io/?EIO=3&transport=websocket", http.StatusBadRequest},
		{"version 5", "/socket.io/?EIO=5&transport=websocket", http.StatusBadRequest},
		{"a version that is no number", "/socket.io/?EIO=abc&transport=websocket", http.StatusBadRequest},
		{"no version", "/socket.io/?transport=websocket", http.StatusBadRequest},
		{"long polling", "/socket.io/?EIO=4&transport=polling", http.StatusBadRequest},
		{"an unknown transport", "/socket.io/?EIO=4&transport=abc", http.StatusBadRequest},
		{"no transport", "/socket.io/?EIO=4", http.StatusBadRequest},
		{"no query", "/socket.io/", http.StatusBadRequest},
		{"a sid, which stands for an upgrade", request + "&sid=abc", http.StatusBadRequest},
		{"an empty sid", request + "&sid=", http.StatusBadRequest},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.clause, func(t *testing.T) {
				want(t, "status", s.dialStatus(t, c.path), c.status)
			})
		}
	})
}

// The client's option protocols (RFC 6455, section 4.1).
func TestTheFirstSubprotocolThatAClientOffersIsAccepted(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		conn, _, err := websocket.Dial(ctx, s.URL()+request, &websocket.DialOptions{Subprotocols: []string{"one", "two"}})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "subprotocol", conn.Subprotocol(), "one")
		s.newClient(ctx, t, conn).until(`0{"sid"`)
	})
}

func TestEngineIOFramesThatCloseTheConnection(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"a close":                         "1",
		"a ping, which only servers send": "2",
		"a probe, which belongs to another transport": "2probe",
		"an unknown type":          "7",
		"a letter that is no type": "x",
		"an empty frame":           "",
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for clause, frame := range cases {
			t.Run(clause, func(t *testing.T) {
				t.Run("before CONNECT", func(t *testing.T) {
					c := s.dial(t)
					c.send(frame)
					c.expectClose()
				})
				t.Run("after CONNECT", func(t *testing.T) {
					c := s.connect(t)
					c.send(frame)
					c.expectClose()
				})
			})
		}
	})
}

// A message without an answer of its own is answered by a noop, because API Gateway sends
// the route response in any case.
func TestEngineIOFramesThatAreIgnored(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"an OPEN":               "0",
		"an OPEN with contents": `0{"sid":"x"}`,
		"an unexpected pong":    "3",
		"a pong with contents":  "3probe",
		"an UPGRADE":            "5",
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for clause, frame := range cases {
			t.Run(clause, func(t *testing.T) {
				c := s.connect(t)
				c.send(frame)
				c.expect("6")
				c.expectAlive()
			})
		}
		t.Run("a noop, with an empty answer", func(t *testing.T) {
			c := s.connect(t)
			c.send("6")
			c.expect("")
			c.expectAlive()
		})
	})
}
