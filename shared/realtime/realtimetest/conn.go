package realtimetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/socketio"
)

// ErrDisconnected is the error of what a client asks for when its socket or connection has
// ended, or ends before the answer comes.
var ErrDisconnected = errors.New("realtimetest: not connected")

// With which status a WebSocket ends (RFC 6455, section 7.4).
const (
	closedByServer = 1000
	closedByClient = 1005
	lost           = 1006
	frameTooLarge  = 1009
)

// Conn is a client's connection, which carries one socket for each namespace. It is safe for
// concurrent use.
type Conn struct {
	server *Server
	id     string
	change []func(*realtime.Upgrade)
	// sending keeps the frames of a packet together.
	sending sync.Mutex

	mu        sync.Mutex
	closed    bool
	assembler socketio.Assembler
	clients   map[string]*Client // by namespace
}

// ID returns API Gateway's id of the connection.
func (c *Conn) ID() string { return c.id }

// Open reports whether the connection is open.
func (c *Conn) Open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed
}

// Cut breaks the line: the client hears nothing more, and API Gateway notices the end.
func (c *Conn) Cut() { c.close(lost) }

// Connect connects a socket to a namespace; "" is "/". auth is as in [Server.Dial]. When the
// server refuses the socket, the error is a *realtime.Error with the message that the client
// sees, the data, and the code if the data holds one. It is ErrDisconnected when the
// connection ends instead.
func (c *Conn) Connect(namespace string, auth any) (*Client, error) {
	if namespace == "" || namespace[0] != '/' {
		namespace = "/" + namespace
	}
	client := &Client{conn: c, namespace: namespace, auth: auth, handlers: map[string]Handler{}, acks: map[uint64]realtime.Args{}}
	if err := client.connect(auth); err != nil {
		return nil, err
	}
	return client, nil
}

// add registers the client of a namespace.
func (c *Conn) add(client *Client) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if before := c.clients[client.namespace]; before != nil && before.connected {
		return fmt.Errorf("the connection has a socket in %s already", client.namespace)
	}
	c.clients[client.namespace] = client
	return nil
}

// send sends a packet. Each of its frames is a message of its own.
func (c *Conn) send(p socketio.Packet) error {
	frames := p.Frames()
	c.sending.Lock()
	for _, frame := range frames[:len(frames)-1] {
		m, err := c.message(string(frame))
		if err != nil {
			c.sending.Unlock()
			return err
		}
		c.deliver(m)
	}
	m, err := c.message(string(frames[len(frames)-1]))
	c.sending.Unlock() // before the packet is handled, which may make this client send another
	if err != nil {
		return err
	}
	c.deliver(m)
	return nil
}

// message makes a frame a message, if the gateway takes it.
func (c *Conn) message(frame string) (realtime.Message, error) {
	if !c.Open() {
		return realtime.Message{}, ErrDisconnected
	}
	if len(frame) > MaxFrame {
		c.close(frameTooLarge)
		return realtime.Message{}, fmt.Errorf("%w: API Gateway closes the connection for a frame of %d bytes", ErrDisconnected, len(frame))
	}
	return realtime.Message{ConnectionID: c.id, Body: frame, At: c.server.Clock.tick()}, nil
}

// deliver hands a message to the server and its answer to the client.
func (c *Conn) deliver(m realtime.Message) {
	answer := c.server.instance().Receive(c.server.t.Context(), m)
	if len(answer) > 0 {
		c.hear(string(answer))
	}
}

// close closes the connection from the client's side, or because its line broke.
func (c *Conn) close(status int) {
	if c.server.Gateway.close(c.id) != nil {
		c.end(status)
	}
}

// end is what happens when the gateway has closed the connection.
func (c *Conn) end(status int) {
	c.mu.Lock()
	c.closed = true
	for _, client := range c.clients {
		client.connected = false
	}
	c.mu.Unlock()
	s := c.server
	if err := s.Instance().Closed(s.t.Context(), c.id, status); err != nil {
		s.t.Logf("the end of %s failed, for the sweep to repeat: %v", c.id, err)
	}
}

// hear takes a frame from the server.
func (c *Conn) hear(frame string) {
	switch frame[:min(len(frame), 1)] {
	case engineio.PingFrame:
		if m, err := c.message(string(engineio.Pong)); err == nil {
			c.deliver(m)
		}
	case string(engineio.Message), string(engineio.Binary):
		client, packet, err := c.read(frame)
		if err == nil && client != nil {
			err = client.take(packet)
		}
		if err != nil { // as the client of JavaScript does
			c.server.t.Logf("%s closes the connection for what it received: %v", c.id, err)
			c.close(closedByClient)
		}
	}
}

// read returns the packet that a frame completes, and whose it is; nil if there is none.
func (c *Conn) read(frame string) (*Client, socketio.Packet, error) {
	decoded, err := engineio.Decode(frame)
	if err != nil {
		return nil, socketio.Packet{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, socketio.Packet{}, nil
	}
	var packet socketio.Packet
	var complete bool
	if decoded.Type == engineio.Binary {
		packet, complete, err = c.assembler.AddBinary(decoded.Binary)
	} else {
		packet, complete, err = c.assembler.Add(decoded.Text)
	}
	if err != nil || !complete {
		return nil, packet, err
	}
	return c.clients[packet.Namespace], packet, nil
}

// leave closes the connection when no socket is left on it, as the client of JavaScript does.
func (c *Conn) leave() {
	c.mu.Lock()
	left := false
	for _, client := range c.clients {
		left = left || client.connected
	}
	c.mu.Unlock()
	if !left {
		c.close(closedByClient)
	}
}

// withSession adds to auth what asks for an earlier session.
func withSession(auth any, pid, offset string) (map[string]any, error) {
	encoded, err := json.Marshal(auth)
	if err != nil {
		return nil, err
	}
	var merged map[string]any
	if err := json.Unmarshal(encoded, &merged); err != nil {
		return nil, err
	}
	if merged == nil { // auth is nil
		merged = map[string]any{}
	}
	merged["pid"], merged["offset"] = pid, offset
	return merged, nil
}
