package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// ending is how a connection ended, in the words of $disconnect.
type ending struct {
	code   int
	reason string
	// silent: there is nobody to send a close frame to.
	silent bool
}

// Endings that API Gateway itself brings about, and that of a line that broke.
var (
	goingAway  = ending{code: 1001, reason: "Going away"}
	deleted    = ending{code: 1000, reason: "Connection Closed Normally"}
	tooLarge   = ending{code: 1009, reason: "Message too big"}
	notText    = ending{code: 1003, reason: "Unsupported data"}
	violation  = ending{code: 1002, reason: "Protocol error"}
	notUTF8    = ending{code: 1007, reason: "Invalid frame payload data"}
	noStatus   = ending{code: 1005, reason: "Client-side close frame status not set", silent: true}
	abnormal   = ending{code: 1006, reason: "Connection closed abnormally", silent: true}
	closeGrace = 2 * time.Second
	writeLimit = 30 * time.Second
)

var errBufferFull = errors.New("the client's buffer is full")

// connection is one WebSocket: a goroutine that reads, and one that writes what is
// queued.
type connection struct {
	gateway *Gateway
	peer
	socket net.Conn
	reader *bufio.Reader
	serial chan func()

	idle, lifetime *time.Timer

	mu       sync.Mutex
	queue    [][]byte
	queued   int
	active   time.Time
	ended    bool
	wake     chan struct{}
	finished chan struct{}
}

func newConnection(g *Gateway, p peer, socket net.Conn, reader *bufio.Reader) *connection {
	c := &connection{
		gateway: g, peer: p, socket: socket, reader: reader,
		active: p.connectedAt, wake: make(chan struct{}, 1), finished: make(chan struct{}),
	}
	c.mu.Lock() // a timer that fires at once must find both
	defer c.mu.Unlock()
	c.idle = time.AfterFunc(g.options.IdleTimeout, func() { c.end(goingAway) })
	c.lifetime = time.AfterFunc(g.options.Lifetime, func() { c.end(goingAway) })
	return c
}

// read handles frames until the connection ends.
func (c *connection) read() {
	defer c.gateway.running.Done()
	if c.gateway.options.Dispatch == Serial {
		c.serial = make(chan func(), 1024)
		defer close(c.serial)
		c.gateway.running.Add(1)
		go func() {
			defer c.gateway.running.Done()
			for handle := range c.serial {
				handle()
			}
		}()
	}
	e := c.frames()
	c.end(e)
	if !e.silent {
		// What still comes is of no interest, but closing a socket with unread data
		// would reset the line and lose the close frame.
		_ = c.socket.SetReadDeadline(time.Now().Add(closeGrace))
		_, _ = io.Copy(io.Discard, c.reader)
	}
	<-c.finished
	_ = c.socket.Close()
}

// frames reads frames and returns how it ended.
func (c *connection) frames() ending {
	var message []byte
	open := false
	for {
		header, err := ws.ReadHeader(c.reader)
		if err != nil {
			return abnormal
		}
		if err := ws.CheckHeader(header, ws.StateServerSide); err != nil {
			return violation
		}
		switch {
		case header.OpCode == ws.OpBinary:
			return notText
		case header.Length > MaxFrame, len(message)+int(header.Length) > MaxMessage:
			return tooLarge
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(c.reader, payload); err != nil {
			return abnormal
		}
		ws.Cipher(payload, header.Mask, 0)
		switch header.OpCode {
		case ws.OpClose:
			return closedBy(payload)
		case ws.OpPing:
			c.enqueue(ws.MustCompileFrame(ws.NewPongFrame(payload)), 0)
			continue
		case ws.OpPong:
			continue
		case ws.OpText:
			if open {
				return violation
			}
		case ws.OpContinuation:
			if !open {
				return violation
			}
		}
		message, open = append(message, payload...), !header.Fin
		if open {
			continue
		}
		if !utf8.Valid(message) {
			return notUTF8
		}
		c.received(string(message))
		message = nil
	}
}

// closedBy returns the ending that a client's close frame means.
func closedBy(payload []byte) ending {
	if len(payload) < 2 {
		return noStatus
	}
	code, reason := ws.ParseCloseFrameData(payload)
	return ending{code: int(code), reason: reason, silent: true}
}

// received handles a message: at once, or after those before it.
func (c *connection) received(body string) {
	c.touch()
	c.gateway.options.Meter.MessageIn(len(body))
	e := c.gateway.messageEvent(c.peer, body)
	handle := func() { c.handle(e) }
	if c.serial != nil {
		c.serial <- handle
		return
	}
	c.gateway.running.Add(1)
	go func() {
		defer c.gateway.running.Done()
		handle()
	}()
}

// handle invokes the route's function and sends its body back, which a route with a
// route response always does.
func (c *connection) handle(e event) {
	o := c.gateway.options
	if o.Routes.Default == "" {
		_ = c.send(errorFrame("Forbidden", e.RequestContext))
		return
	}
	start := time.Now()
	answer, delivered, err := c.gateway.invoke(context.Background(), o.Routes.Default, e)
	took := time.Since(start).Round(time.Microsecond)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		_ = c.send(errorFrame("Endpoint request timed out", e.RequestContext))
		o.Trace(c.id, fmt.Sprintf("→ %s  timed out", o.Describe(*e.Body)))
	case err != nil:
		_ = c.send(errorFrame("Internal server error", e.RequestContext))
		o.Trace(c.id, fmt.Sprintf("→ %s  failed  %v", o.Describe(*e.Body), took))
	default:
		_ = c.send([]byte(answer.Body))
		o.Trace(c.id, fmt.Sprintf("→ %s  %d B  ← %s  %d B  %v",
			o.Describe(*e.Body), len(*e.Body), o.Describe(answer.Body), len(answer.Body), took))
	}
	delivered()
}

// send queues a text message to the client. errBufferFull when too much waits, and
// net.ErrClosed when the connection has ended.
func (c *connection) send(text []byte) error {
	if err := c.enqueue(ws.MustCompileFrame(ws.NewTextFrame(text)), c.gateway.options.SendBuffer); err != nil {
		return err
	}
	c.touch()
	c.gateway.options.Meter.MessageOut(len(text))
	return nil
}

// enqueue queues a compiled frame, unless more than limit bytes wait (0: no limit).
func (c *connection) enqueue(frame []byte, limit int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return net.ErrClosed
	}
	if limit > 0 && c.queued+len(frame) > limit {
		return errBufferFull
	}
	c.push(frame)
	return nil
}

// push is called with the lock.
func (c *connection) push(frame []byte) {
	c.queue = append(c.queue, frame)
	c.queued += len(frame)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write sends what is queued until the connection has ended and all is sent.
func (c *connection) write() {
	defer c.gateway.running.Done()
	defer close(c.finished)
	for range c.wake {
		c.mu.Lock()
		batch, ended := c.queue, c.ended
		c.queue = nil
		c.mu.Unlock()
		_ = c.socket.SetWriteDeadline(time.Now().Add(writeLimit))
		_, err := c.socket.Write(bytes.Join(batch, nil))
		c.mu.Lock()
		for _, frame := range batch {
			c.queued -= len(frame)
		}
		c.mu.Unlock()
		if err != nil && !ended {
			go c.end(abnormal)
			_ = c.socket.Close()
		}
		if ended {
			return
		}
	}
}

// touch resets the idle timer: a message in either direction does, a ping does not.
func (c *connection) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.active = time.Now()
		c.idle.Reset(c.gateway.options.IdleTimeout)
	}
}

// end ends the connection once: a close frame, no more posts, and $disconnect.
func (c *connection) end(e ending) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	c.idle.Stop()
	c.lifetime.Stop()
	switch {
	case !e.silent:
		c.push(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(e.code), e.reason))))
	case e.code != abnormal.code:
		c.push(ws.MustCompileFrame(ws.NewCloseFrame(nil))) // the answer to the client's
	default:
		c.push(nil) // wakes the writer for the last time
	}
	c.mu.Unlock()
	// The reader waits for the client's close frame, but not for long.
	_ = c.socket.SetReadDeadline(time.Now().Add(closeGrace))

	g := c.gateway
	g.remove(c.id)
	g.options.Meter.Disconnected(c.id)
	g.running.Add(1)
	go func() {
		defer g.running.Done()
		g.disconnected(c.peer, e)
	}()
}
