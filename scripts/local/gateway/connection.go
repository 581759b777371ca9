package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

const (
	// closeGrace is how long a client may take, when its connection ends, to read the queued
	// frames and to answer the close frame.
	closeGrace = 2 * time.Second
	// writeLimit is how long a client may take to read one write.
	writeLimit = 30 * time.Second
)

var (
	errBufferFull = errors.New("the client's buffer is full")
	errEnded      = errors.New("the connection has ended")
)

// readBuffer is as long as the usual frame of a client. Most connections are idle, and a longer frame
// is read past the buffer.
const readBuffer = 512

// connection is one WebSocket: a goroutine reads, and while frames are queued another writes them.
type connection struct {
	gateway *Gateway
	peer
	socket net.Conn
	reader *bufio.Reader
	// serial queues messages that are handled one after the other. It is nil if they are
	// handled at once.
	serial chan func()
	// spoken: the client has sent a text message. Only the reader uses it.
	spoken bool
	// requested is the request time of the last message, in milliseconds.
	requested int64

	idle, lifetime *time.Timer

	mu     sync.Mutex
	queue  [][]byte
	queued int
	// writing: the writer runs.
	writing bool
	active  time.Time
	ended   bool
	// finished is closed when the writer has written the last frame.
	finished chan struct{}
}

// open registers an upgraded connection and starts it. The first bytes of the client may be in a
// buffer already.
func (g *Gateway) open(p peer, socket net.Conn, buffered *bufio.Reader) {
	socket = withoutHead(socket)
	first, _ := buffered.Peek(buffered.Buffered())
	c := &connection{
		gateway: g, peer: p, socket: socket, active: p.connectedAt, finished: make(chan struct{}),
		reader: bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(first)), socket), readBuffer),
	}
	g.options.Meter.Connected(c.id)
	c.mu.Lock() // a timer that fires at once, and Close, need both timers
	closed := g.add(c)
	c.idle = time.AfterFunc(g.options.IdleTimeout, func() { c.end(goingAway) })
	c.lifetime = time.AfterFunc(g.options.Lifetime, func() { c.end(goingAway) })
	c.mu.Unlock()
	go c.read()
	if closed {
		c.end(goingAway)
	}
}

// read handles frames until the connection ends.
func (c *connection) read() {
	defer c.gateway.running.Done()
	if c.gateway.options.Dispatch == mode.Serial {
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
	e := c.readFrames()
	c.end(e)
	<-c.finished
	if e.refused {
		// Closing a socket with unread data would reset the connection, and the close frame
		// would be lost. So the writing half is closed first, and unread data is discarded.
		if half, ok := c.socket.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		_ = c.socket.SetReadDeadline(time.Now().Add(closeGrace))
		_, _ = io.Copy(io.Discard, c.reader)
	}
	_ = c.socket.Close()
}

// send queues a text message for the client. It returns errBufferFull if too much is
// queued, and errEnded after the connection's end.
func (c *connection) send(text []byte) error {
	err := c.enqueue(ws.MustCompileFrame(ws.NewTextFrame(text)), func() { c.gateway.options.Meter.MessageOut(len(text)) })
	if err == nil {
		c.gateway.options.Frame(c.id, false, string(text))
		c.touch()
	}
	return err
}

// enqueue queues a compiled frame. It calls accepted before the client can get the frame.
func (c *connection) enqueue(frame []byte, accepted func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return errEnded
	}
	if c.queued+len(frame) > c.gateway.options.SendBuffer {
		return errBufferFull
	}
	accepted()
	c.push(frame)
	return nil
}

// push queues a frame and starts the writer, if it does not run. The caller holds the lock.
func (c *connection) push(frame []byte) {
	c.queue = append(c.queue, frame)
	c.queued += len(frame)
	if !c.writing {
		c.writing = true
		c.gateway.running.Add(1) // the reader counts still: it waits for the last frame
		go c.write()
	}
}

// write sends the queued frames until there are none. After the last frame of an ended connection it
// never starts again.
func (c *connection) write() {
	defer c.gateway.running.Done()
	for {
		c.mu.Lock()
		batch, ended := c.queue, c.ended
		if c.queue = nil; len(batch) == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		if !ended { // otherwise end has set the deadline
			_ = c.socket.SetWriteDeadline(time.Now().Add(writeLimit))
		}
		c.mu.Unlock()
		_, err := c.socket.Write(bytes.Join(batch, nil))
		c.mu.Lock()
		for _, frame := range batch {
			c.queued -= len(frame)
		}
		c.mu.Unlock()
		if ended {
			close(c.finished)
			return
		}
		if err != nil {
			c.end(abnormal)
			_ = c.socket.Close() // which ends the reader
		}
	}
}

// touch resets the idle timer, as every message in either direction does.
func (c *connection) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.active = time.Now()
		c.idle.Reset(c.gateway.options.IdleTimeout)
	}
}

// hasEnded reports whether the connection has ended.
func (c *connection) hasEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// end ends the connection, once: it sends a close frame, refuses posts, and invokes
// $disconnect.
func (c *connection) end(e ending) {
	g := c.gateway
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	c.idle.Stop()
	c.lifetime.Stop()
	if e.silent {
		c.push(nil) // starts the writer for the last time
	} else {
		c.push(e.frame())
	}
	// Neither the writer nor the reader, which waits for the client's close frame, may block
	// longer.
	_ = c.socket.SetDeadline(time.Now().Add(closeGrace))
	// Under the lock: the reader counts too, and must not be done before this.
	g.running.Add(1)
	c.mu.Unlock()

	g.remove(c.id)
	g.options.Meter.Disconnected(c.id)
	go func() {
		defer g.running.Done()
		g.disconnect(c.peer, e)
	}()
}
