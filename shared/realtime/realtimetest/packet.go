package realtimetest

import (
	"encoding/json"
	"errors"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/socketio"
)

// take takes a packet from the server.
func (c *Client) take(p socketio.Packet) error {
	switch p.Type {
	case socketio.Connect, socketio.ConnectError, socketio.Disconnect:
		c.conn.mu.Lock()
		defer c.conn.mu.Unlock()
		return c.takeSession(p)
	case socketio.Ack, socketio.BinaryAck:
		args, err := p.Args()
		c.conn.mu.Lock()
		defer c.conn.mu.Unlock()
		c.acks[p.ID] = args
		return err
	}
	return c.takeEventPacket(p)
}

// takeSession takes what begins, refuses or ends the session. conn.mu is locked.
func (c *Client) takeSession(p socketio.Packet) error {
	switch p.Type {
	case socketio.Connect:
		var body struct{ SID, PID string }
		if err := json.Unmarshal(p.Payload, &body); err != nil {
			return err
		}
		c.connected, c.refusal = true, nil
		c.id, c.pid = body.SID, body.PID
	case socketio.ConnectError:
		c.connected, c.refusal = false, refusalOf(p.Payload)
	case socketio.Disconnect:
		c.connected = false
	}
	return nil
}

// refusalOf returns the error of a CONNECT_ERROR.
func refusalOf(payload json.RawMessage) error {
	var body struct {
		Message string
		Data    json.RawMessage
	}
	if err := json.Unmarshal(payload, &body); err != nil {
		return err
	}
	refusal := &realtime.Error{Message: body.Message}
	if len(body.Data) > 0 {
		refusal.Data = body.Data
		var data struct{ Code string }
		if json.Unmarshal(body.Data, &data) == nil {
			refusal.Code = data.Code
		}
	}
	return refusal
}

// takeEventPacket runs the handler of an event, or keeps the event.
func (c *Client) takeEventPacket(p socketio.Packet) error {
	name, args, err := p.Event()
	if err != nil {
		return err
	}
	c.conn.mu.Lock()
	var last string
	if c.pid != "" && len(args) > 0 && json.Unmarshal(args[len(args)-1], &last) == nil {
		c.offset = last
	}
	handler := c.handlers[name]
	if handler == nil {
		c.inbox = append(c.inbox, Event{name, args})
	}
	c.conn.mu.Unlock()
	if handler == nil {
		return nil
	}
	result := handler(args)
	if !p.HasID {
		return nil
	}
	var reply []any
	if result != nil {
		reply = append(reply, result)
	}
	ack, err := socketio.NewAck(c.namespace, p.ID, reply...)
	if err != nil {
		c.conn.server.t.Errorf("acknowledge %s: %v", name, err)
		return nil
	}
	if err := c.send(ack); err != nil && !errors.Is(err, ErrDisconnected) {
		c.conn.server.t.Errorf("acknowledge %s: %v", name, err)
	}
	return nil
}
