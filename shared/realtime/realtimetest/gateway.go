package realtimetest

import (
	"context"
	"sync"

	"github.com/confab-chat/confab/shared/realtime"
)

// Limits of API Gateway: the size of a frame that a client may send, and of one that may be
// posted to it.
const (
	MaxFrame = 32 << 10
	MaxPost  = 128 << 10
)

// Gateway stands in for API Gateway: it is a realtime.Gateway whose connections are opened
// by [Gateway.Open], and it keeps what they receive. Tests of handlers do not need it,
// because a [Server] has one. It is safe for concurrent use.
type Gateway struct {
	// Fail, if set, is called before each post; its error is the post's.
	Fail func(connectionID string, frame []byte) error
	// FailClose, if set, is called before each close; its error is the close's.
	FailClose func(connectionID string) error
	// Hear, if set, is called with each frame that a connection has received.
	Hear func(connectionID, frame string)

	mu    sync.Mutex
	lines map[string]*line
}

// line is a connection. The zero value is open.
type line struct {
	frames []string
	closed bool
	// client takes the frames and learns of the end, if there is one.
	client *Conn
}

var _ realtime.Gateway = (*Gateway)(nil)

// NewGateway returns a gateway without connections.
func NewGateway() *Gateway { return &Gateway{lines: map[string]*line{}} }

// Open opens a connection, also one that has been closed.
func (g *Gateway) Open(connectionID string) { g.open(connectionID, nil) }

func (g *Gateway) open(connectionID string, client *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lines[connectionID] = &line{client: client}
}

// Post implements realtime.Gateway.
func (g *Gateway) Post(_ context.Context, connectionID string, frame []byte) error {
	if g.Fail != nil {
		if err := g.Fail(connectionID, frame); err != nil {
			return err
		}
	}
	if len(frame) > MaxPost {
		return realtime.ErrTooLarge
	}
	g.mu.Lock()
	l := g.lines[connectionID]
	if l == nil || l.closed {
		g.mu.Unlock()
		return realtime.ErrGone
	}
	if l.client == nil {
		l.frames = append(l.frames, string(frame))
	}
	g.mu.Unlock()
	if l.client != nil {
		l.client.hear(string(frame))
	}
	if g.Hear != nil {
		g.Hear(connectionID, string(frame))
	}
	return nil
}

// Close implements realtime.Gateway.
func (g *Gateway) Close(_ context.Context, connectionID string) error {
	if g.FailClose != nil {
		if err := g.FailClose(connectionID); err != nil {
			return err
		}
	}
	if client := g.close(connectionID); client != nil {
		client.end(closedByServer)
	}
	return nil
}

// close closes a connection and returns its client, if it was open and has one.
func (g *Gateway) close(connectionID string) *Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lines[connectionID]
	if l == nil {
		l = &line{closed: true}
		g.lines[connectionID] = l
	}
	if l.closed {
		return nil
	}
	l.closed = true
	return l.client
}

// Closed reports whether a connection was closed.
func (g *Gateway) Closed(connectionID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lines[connectionID]
	return l != nil && l.closed
}

// Take returns and forgets what a connection that [Gateway.Open] opened has received.
func (g *Gateway) Take(connectionID string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lines[connectionID]
	if l == nil {
		return nil
	}
	frames := l.frames
	l.frames = nil
	return frames
}
