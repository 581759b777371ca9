package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience bounds how long a test talks on one connection.
const patience = time.Minute

// handshake is what the OPEN frame says.
type handshake struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

// session is what a client keeps to recover.
type session struct {
	SID    string `json:"-"`
	PID    string `json:"pid,omitempty"`
	Offset string `json:"offset,omitempty"`
}

// client is a connection of which the test is the client library.
type client struct {
	t *testing.T
	// ctx ends when patience does.
	ctx  context.Context
	conn *websocket.Conn
	site site
	open handshake
	// frames are those that listen has heard; after the last one, err is why.
	frames chan string
	err    error
	// session is what the frames read so far say, and pings how many of them are pings.
	session session
	pings   int
	// mute clients do not answer pings.
	mute atomic.Bool
}

const request = "/socket.io/?EIO=4&transport=websocket"

// dial opens a connection and reads its OPEN frame.
func (s site) dial(t *testing.T, query ...string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, s.URL()+request+strings.Join(query, ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := s.listening(ctx, t, conn)
	text, found := strings.CutPrefix(c.hear(), "0")
	if err := json.Unmarshal([]byte(text), &c.open); err != nil || !found {
		t.Fatalf("the first frame is %q, %v", text, err)
	}
	return c
}

// connect opens a connection with a socket in the root namespace.
func (s site) connect(t *testing.T) *client {
	t.Helper()
	c := s.dial(t)
	c.send("40")
	c.until(`40{"sid"`)
	c.until(`42["auth"`)
	c.until("6")
	return c
}

// refused asks for a connection and returns the status of the answer.
func (s site) refused(t *testing.T, path string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, answer, err := websocket.Dial(ctx, s.URL()+path, nil)
	if err == nil {
		_ = conn.CloseNow()
		return http.StatusSwitchingProtocols
	}
	if answer == nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// send writes text frames.
func (c *client) send(frames ...string) {
	c.t.Helper()
	for _, frame := range frames {
		if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(frame)); err != nil {
			c.t.Fatalf("send %s: %v", frame, err)
		}
	}
}

var (
	connected  = regexp.MustCompile(`^40.*{"sid":"([A-Z2-7]{20})"(?:,"pid":"(\d{16}[A-Z2-7]{20})")?}$`)
	withOffset = regexp.MustCompile(`^4[25].*"(\d{16}[A-Z2-7]{4})"\]$`)
	anyOffset  = regexp.MustCompile(`"\d{16}[A-Z2-7]{4}"`)
	anyID      = regexp.MustCompile(`"(?:\d{16})?[A-Z2-7]{20}"`)
)

// listening returns the client of a connection, which ends with the test.
func (s site) listening(ctx context.Context, t *testing.T, conn *websocket.Conn) *client {
	c := &client{t: t, ctx: ctx, conn: conn, site: s, frames: make(chan string, 1000)}
	t.Cleanup(c.cut)
	go c.listen()
	return c
}

// listen reads frames to the end, and answers pings at once, whatever the test is
// doing.
func (c *client) listen() {
	defer close(c.frames)
	for {
		_, frame, err := c.conn.Read(c.ctx)
		if err != nil {
			c.err = err
			return
		}
		if string(frame) == "2" && !c.mute.Load() {
			_ = c.conn.Write(c.ctx, websocket.MessageText, []byte("3")) // the end may be under way
		}
		c.frames <- string(frame)
	}
}

// read returns the next frame.
func (c *client) read() (string, error) {
	frame, ok := <-c.frames
	if !ok {
		return "", c.err
	}
	if frame == "2" {
		c.pings++
	}
	if m := connected.FindStringSubmatch(frame); m != nil {
		c.session.SID, c.session.PID = m[1], m[2]
	}
	if m := withOffset.FindStringSubmatch(frame); m != nil {
		c.session.Offset = m[1]
	}
	return frame, nil
}

// hear returns the next frame.
func (c *client) hear() string {
	c.t.Helper()
	frame, err := c.read()
	if err != nil {
		c.t.Fatalf("waiting for a frame: %v", err)
	}
	return frame
}

// until passes over frames up to one with a beginning.
func (c *client) until(prefix string) string {
	c.t.Helper()
	for {
		if frame := c.hear(); strings.HasPrefix(frame, prefix) {
			return frame
		}
	}
}

// masked returns a frame with the words OFFSET and ID in the place of those.
func masked(frame string) string {
	return anyID.ReplaceAllString(anyOffset.ReplaceAllString(frame, `"OFFSET"`), `"ID"`)
}

// hears wants exactly these frames next, which are masked.
func (c *client) hears(want ...string) {
	c.t.Helper()
	for i, frame := range want {
		if got := masked(c.hear()); got != frame {
			c.t.Fatalf("frame %d of %d is %s\nwant %s", i+1, len(want), got, frame)
		}
	}
}

// closes wants the server to close the connection, saying nothing before.
func (c *client) closes() {
	c.t.Helper()
	if frame, err := c.read(); err == nil {
		c.t.Fatalf("heard %s, want the connection to be closed", frame)
	} else {
		c.closed(err)
	}
}

// ends wants the server to close the connection, whatever it says before.
func (c *client) ends() {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			c.closed(err)
			return
		}
	}
}

// closed wants an error to be the server's close.
func (c *client) closed(err error) {
	c.t.Helper()
	if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		c.t.Fatalf("the connection ended by %v, want the server's close", err)
	}
}

// stays wants the connection to answer still.
func (c *client) stays() {
	c.t.Helper()
	c.send(`4299["echo","still here"]`)
	c.hears(`4399["still here"]`)
}

// cut breaks the line.
func (c *client) cut() { _ = c.conn.CloseNow() }

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
