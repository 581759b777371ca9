package socketio

import "fmt"

// Assembler puts packets together from frames that come in order, as they do on
// one WebSocket. The zero value is ready; it is not for concurrent use.
type Assembler struct {
	packet      Packet
	attachments [][]byte
	open        bool
}

// Add takes the text of an Engine.IO message from a server, and returns a packet
// if it is complete. A packet between another and its attachments wraps ErrParse.
func (a *Assembler) Add(text string) (Packet, bool, error) {
	if a.open {
		return Packet{}, false, fmt.Errorf("%w: a packet between another and its attachments", ErrParse)
	}
	p, err := DecodeServer(text)
	if err != nil || p.Attachments == 0 {
		return p, err == nil, err
	}
	a.packet, a.attachments, a.open = p, nil, true
	return Packet{}, false, nil
}

// AddBinary takes an attachment. One that no packet waits for wraps ErrParse.
func (a *Assembler) AddBinary(data []byte) (Packet, bool, error) {
	if !a.open {
		return Packet{}, false, fmt.Errorf("%w: an attachment without a packet", ErrParse)
	}
	a.attachments = append(a.attachments, data)
	if len(a.attachments) < a.packet.Attachments {
		return Packet{}, false, nil
	}
	a.open = false
	p, err := a.packet.Attach(a.attachments)
	return p, err == nil, err
}
