package engineio

import (
	"encoding/json"
	"time"
)

// Handshake is what a server tells a client first, in the packet of type Open.
type Handshake struct {
	// SID is the Engine.IO session id. It is a secret of this client.
	SID string
	// PingInterval is the longest time between two pings of the server, and
	// PingTimeout how much longer the client waits for one before it closes the
	// connection. Both are sent in milliseconds, rounded up, at least 1.
	PingInterval time.Duration
	PingTimeout  time.Duration
	// MaxPayload is what a client may put into one request of HTTP long-polling, in bytes.
	MaxPayload int
}

// maxTimer is the longest delay of a JavaScript timer, in milliseconds; a longer one
// fires at once.
const maxTimer = 1<<31 - 1

// Frame returns the frame that opens the session. The client waits for ping
// interval and timeout together in one timer: where the sum is longer than a
// timer can be, the interval, and then the timeout, is shortened.
func (h Handshake) Frame() []byte {
	timeout := min(milliseconds(h.PingTimeout), maxTimer-1)
	interval := min(milliseconds(h.PingInterval), maxTimer-timeout)
	body, err := json.Marshal(struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{h.SID, []string{}, interval, timeout, h.MaxPayload})
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return append([]byte{byte(Open)}, body...)
}

// milliseconds rounds up: a client gives up at once when either field is 0.
func milliseconds(d time.Duration) int64 {
	ms := d.Milliseconds()
	if d%time.Millisecond > 0 {
		ms++
	}
	return max(ms, 1)
}
