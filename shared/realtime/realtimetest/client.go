package realtimetest

import (
	"encoding/json"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/socketio"
)

// ErrNoAck is the error of an event whose handler did not acknowledge it.
var ErrNoAck = errors.New("realtimetest: the event was not acknowledged")

// Client is one socket as its client sees it. Failures of what a method expects are reported
// to the test that made the [Server]. It is safe for concurrent use, apart from Reconnect.
type Client struct {
	conn      *Conn
	namespace string
	auth      any

	// What follows is guarded by conn.mu.
	id, pid, offset string
	connected       bool
	refusal         error
	inbox           []Event
	handlers        map[string]Handler
	nextAck         uint64
	acks            map[uint64]realtime.Args
}

// Event is an event that a client received.
type Event struct {
	Name string
	Args realtime.Args
}

// String returns the event as in `entered["a"]`.
func (e Event) String() string {
	encoded, _ := json.Marshal(e.Args)
	return e.Name + string(encoded)
}

// Handler handles an event at the client. If the server asked for an acknowledgement, the
// result is its argument; nil stands for none.
type Handler func(args realtime.Args) any

// ID returns the socket's id.
func (c *Client) ID() string {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	return c.id
}

// Conn returns the client's connection, which may carry other sockets.
func (c *Client) Conn() *Conn { return c.conn }

// Connected reports whether the socket is connected.
func (c *Client) Connected() bool {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	return c.connected
}

// Emit emits an event. Binary data is a realtime.Binary, anywhere in an argument. The test
// fails if the socket is not connected, or an argument has no JSON form.
func (c *Client) Emit(event string, args ...any) {
	t := c.conn.server.t
	t.Helper()
	packet, err := socketio.NewEvent(c.namespace, event, args...)
	if err == nil {
		err = c.send(packet)
	}
	if err != nil {
		t.Errorf("emit %s: %v", event, err)
	}
}

// EmitWithAck emits an event and decodes the first argument of its acknowledgement into out:
// a pointer, or nil if it does not matter. A *realtime.Args gets all arguments. An error
// acknowledgement is a *realtime.Error, whose code [Code] tells; other errors are ErrNoAck
// and ErrDisconnected, also wrapped.
func (c *Client) EmitWithAck(event string, out any, args ...any) error {
	packet, err := socketio.NewEvent(c.namespace, event, args...)
	if err != nil {
		return err
	}
	c.conn.mu.Lock()
	c.nextAck++
	id := c.nextAck
	c.conn.mu.Unlock()
	if err := c.send(packet.WithID(id)); err != nil {
		return err
	}
	c.conn.mu.Lock()
	reply, ok := c.acks[id]
	delete(c.acks, id)
	connected := c.connected
	c.conn.mu.Unlock()
	switch {
	case ok:
		return decodeAck(reply, out)
	case !connected:
		return ErrDisconnected
	}
	return ErrNoAck
}

func (c *Client) send(packet socketio.Packet) error {
	if !c.Connected() {
		return ErrDisconnected
	}
	return c.conn.send(packet)
}

// decodeAck returns the error that an acknowledgement is, or decodes it.
func decodeAck(reply realtime.Args, out any) error {
	var failure struct {
		OK    *bool
		Error *realtime.Error
	}
	if len(reply) == 1 && json.Unmarshal(reply[0], &failure) == nil &&
		failure.OK != nil && !*failure.OK && failure.Error != nil && failure.Error.Code != "" {
		return failure.Error
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *realtime.Args:
		*out = reply
		return nil
	}
	return reply.Decode(0, out)
}

// Code returns the code of a *realtime.Error, or "" for any other error and nil.
func Code(err error) string {
	var e *realtime.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// On sets the handler of an event, in the place of the one before. The event is then not
// among those received. A handler runs before the server's emit returns, in whichever
// goroutine emits; those of several clients may run at the same time.
func (c *Client) On(event string, h Handler) {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	c.handlers[event] = h
}

// Disconnect ends the socket, and with its last socket the connection.
func (c *Client) Disconnect() {
	if c.send(socketio.NewDisconnect(c.namespace)) != nil {
		return
	}
	c.conn.mu.Lock()
	c.connected = false
	c.conn.mu.Unlock()
	c.conn.leave()
}

// Cut breaks the line; see [Conn.Cut].
func (c *Client) Cut() { c.conn.Cut() }

// Reconnect opens a new connection with this socket and asks for its earlier session, as the
// client of JavaScript does when its line broke (see realtime.Recovery). recovered reports
// whether it got it: with its id, its rooms, its data and the events that it missed. Errors
// are those of [Server.Dial].
func (c *Client) Reconnect() (recovered bool, err error) {
	c.Cut()
	conn, err := c.conn.server.Open(c.conn.change...)
	if err != nil {
		return false, err
	}
	before, auth := c.pid, c.auth
	if before != "" && c.offset != "" {
		if auth, err = withSession(auth, before, c.offset); err != nil {
			return false, err
		}
	}
	c.conn = conn
	if err := c.connect(auth); err != nil {
		return false, err
	}
	return before != "" && c.pid == before, nil
}

// connect sends a CONNECT and returns why it was refused.
func (c *Client) connect(auth any) error {
	if err := c.conn.add(c); err != nil {
		return err
	}
	packet, err := socketio.NewConnect(c.namespace, auth)
	if err != nil {
		return err
	}
	if err := c.conn.send(packet); err != nil {
		return err
	}
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	switch {
	case c.refusal != nil:
		return c.refusal
	case !c.connected:
		return ErrDisconnected
	}
	return nil
}
