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

// patience bounds a test's time with one connection.
const patience = time.Minute

// handshake is the content of the OPEN frame.
type handshake struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

// session is what a client needs to recover its session.
type session struct {
	SID    string `json:"-"`
	PID    string `json:"pid,omitempty"`
	Offset string `json:"offset,omitempty"`
}

// client is a connection without a client library: the test reads and writes its frames.
type client struct {
	t *testing.T
	// ctx ends when patience does.
	ctx  context.Context
	conn *websocket.Conn
	site site
	open handshake
	// frames are those that listen has read. After the last one, err is set.
	frames chan string
	err    error
	// session and pings are updated from the frames read so far.
	session session
	pings   int
	// owed is how many noops are still to come that answer a CONNECT whose reply was posted, and
	// recovering the session that the last CONNECT asked for.
	owed       int
	recovering string
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
	c := s.newClient(ctx, t, conn)
	text, found := strings.CutPrefix(c.next(), "0")
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

// dialStatus requests a connection and returns the status of the answer.
func (s site) dialStatus(t *testing.T, path string) int {
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
		if m := recovery.FindStringSubmatch(frame); m != nil {
			c.recovering = m[1]
		}
		if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(frame)); err != nil {
			c.t.Fatalf("send %s: %v", frame, err)
		}
	}
}

var (
	connected  = regexp.MustCompile(`^40.*{"sid":"([A-Z2-7]{20})"(?:,"pid":"(\d{16}[A-Z2-7]{20})")?}$`)
	recovery   = regexp.MustCompile(`^40.*"pid":"(\d{16}[A-Z2-7]{20})"`)
	withOffset = regexp.MustCompile(`^4[25].*"(\d{16}[A-Z2-7]{8})"\]$`)
	anyOffset  = regexp.MustCompile(`"\d{16}[A-Z2-7]{8}"`)
	anyID      = regexp.MustCompile(`"(?:\d{16})?[A-Z2-7]{20}"`)
)

// newClient returns a client of a connection, which is closed at the end of the test.
func (s site) newClient(ctx context.Context, t *testing.T, conn *websocket.Conn) *client {
	c := &client{t: t, ctx: ctx, conn: conn, site: s, frames: make(chan string, 1000)}
	t.Cleanup(c.cut)
	go c.listen()
	return c
}

// listen reads all frames, and answers pings at once while the test does something else.
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

// read returns the next frame, or the error that ended the connection. spare: the frame is a noop
// that answers some CONNECT whose reply was posted, so it may come anywhere after that.
func (c *client) read() (frame string, spare bool, err error) {
	frame, ok := <-c.frames
	if !ok {
		return "", false, c.err
	}
	switch frame {
	case "2":
		c.pings++
	case "6":
		if spare = c.owed > 0; spare {
			c.owed--
		}
	}
	if m := connected.FindStringSubmatch(frame); m != nil {
		if c.session.SID, c.session.PID = m[1], m[2]; c.session.PID == "" || c.session.PID != c.recovering {
			c.owed++ // what is recovered is the answer itself
		}
	}
	if m := withOffset.FindStringSubmatch(frame); m != nil {
		c.session.Offset = m[1]
	}
	return frame, spare, nil
}

// next returns the next frame that is not spare, and fails the test if there is none.
func (c *client) next() string {
	c.t.Helper()
	for {
		frame, spare, err := c.read()
		if err != nil {
			c.t.Fatalf("waiting for a frame: %v", err)
		}
		if !spare {
			return frame
		}
	}
}

// until skips frames until one begins with a prefix.
func (c *client) until(prefix string) string {
	c.t.Helper()
	for {
		frame, _, err := c.read()
		if err != nil {
			c.t.Fatalf("waiting for %s: %v", prefix, err)
		}
		if strings.HasPrefix(frame, prefix) {
			return frame
		}
	}
}

// mask replaces offsets and ids in a frame by the words OFFSET and ID.
func mask(frame string) string {
	return anyID.ReplaceAllString(anyOffset.ReplaceAllString(frame, `"OFFSET"`), `"ID"`)
}

// expect expects exactly these frames next, written as mask returns them, and perhaps spare ones
// between them.
func (c *client) expect(want ...string) {
	c.t.Helper()
	for i, frame := range want {
		got, spare, err := c.read()
		for spare && frame != "6" {
			got, spare, err = c.read()
		}
		if err != nil {
			c.t.Fatalf("waiting for %s: %v", frame, err)
		}
		if spare {
			c.owed++ // one noop is like another: one that is spare may come later
		}
		if mask(got) != frame {
			c.t.Fatalf("frame %d of %d is %s\nwant %s", i+1, len(want), mask(got), frame)
		}
	}
}

// expectClose expects that the server closes the connection without a frame before.
func (c *client) expectClose() {
	c.t.Helper()
	frame, spare, err := c.read()
	for spare {
		frame, spare, err = c.read()
	}
	if err == nil {
		c.t.Fatalf("heard %s, want the connection to be closed", frame)
	}
	c.checkClose(err)
}

// expectEnd expects that the server closes the connection, and skips frames before.
func (c *client) expectEnd() {
	c.t.Helper()
	for {
		if _, _, err := c.read(); err != nil {
			c.checkClose(err)
			return
		}
	}
}

// checkClose checks that an error is the server's close.
func (c *client) checkClose(err error) {
	c.t.Helper()
	if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		c.t.Fatalf("the connection ended by %v, want the server's close", err)
	}
}

// expectAlive expects that the connection still answers.
func (c *client) expectAlive() {
	c.t.Helper()
	c.send(`4299["echo","still here"]`)
	c.expect(`4399["still here"]`)
}

// cut breaks the connection.
func (c *client) cut() { _ = c.conn.CloseNow() }

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
