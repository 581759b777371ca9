// Package socketio encodes and decodes Socket.IO protocol version 5, the protocol
// of the Socket.IO clients since 3.0. Enter at [Decode] for what clients send, and
// at [NewEvent] and its siblings for what they hear; [Binary] is binary data
// anywhere in an argument.
//
// What to beware of: a packet with attachments is several frames, its header and
// one for each attachment, and no other Socket.IO packet may stand between them.
package socketio

import (
	"encoding/json"
	"errors"
	"strconv"
)

// Type is the type of a packet (Socket.IO protocol v5, "Packet types").
type Type int

// Types, by the digit they have on the wire.
const (
	Connect Type = iota
	Disconnect
	Event
	Ack
	ConnectError
	BinaryEvent
	BinaryAck
)

var typeNames = [...]string{"CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"}

// String returns the protocol's name of the type.
func (t Type) String() string {
	if t < 0 || int(t) >= len(typeNames) {
		return "Type(" + strconv.Itoa(int(t)) + ")"
	}
	return typeNames[t]
}

// binary reports whether packets of the type announce attachments.
func (t Type) binary() bool { return t == BinaryEvent || t == BinaryAck }

// Limits of what is decoded. Each is far above what clients send by themselves.
const (
	// MaxPacketSize is the size of a packet's text in bytes: API Gateway's limit of a
	// message.
	MaxPacketSize = 128 << 10
	// MaxNesting is how deeply arrays and objects may lie in each other.
	MaxNesting = 64
	// MaxAttachments is how many attachments a packet may have; the JavaScript client
	// has the same limit.
	MaxAttachments = 10
)

// Errors that decoding and encoding wrap.
var (
	// ErrParse: the other side sent what the protocol forbids; the connection is to
	// be closed.
	ErrParse = errors.New("socketio: parse error")
	// ErrReservedName: an event has a name that the protocol keeps for itself.
	ErrReservedName = errors.New("socketio: reserved event name")
	// ErrArgument: an argument has the wrong form, or none that JSON can hold.
	ErrArgument = errors.New("socketio: unfit argument")
)

// LimitError is the error for a packet that passes MaxNesting or MaxAttachments. It wraps
// ErrParse.
type LimitError struct {
	// Message says which limit, for people.
	Message string
}

// Error implements error.
func (e *LimitError) Error() string { return ErrParse.Error() + ": " + e.Message }

// Unwrap returns ErrParse.
func (e *LimitError) Unwrap() error { return ErrParse }

// Packet is one Socket.IO packet. A Packet is a value: its methods return changed
// copies.
type Packet struct {
	Type Type
	// Namespace begins with a slash; "/" is the default one.
	Namespace string
	// ID asks for, or is, an acknowledgement; it counts only with HasID.
	ID    uint64
	HasID bool
	// Payload is valid JSON of the form that the type asks for, or nil.
	Payload json.RawMessage
	// Attachments is how many attachments belong to the packet, and Binary holds them
	// once they are there.
	Attachments int
	Binary      [][]byte
}

// WithID returns the packet as one that asks for an acknowledgement.
func (p Packet) WithID(id uint64) Packet {
	p.ID, p.HasID = id, true
	return p
}

// reserved are the names of the library's own events.
var reserved = map[string]bool{
	"connect": true, "connect_error": true, "disconnect": true, "disconnecting": true,
	"newListener": true, "removeListener": true,
}

// Reserved reports whether an event name is kept for the library's own events, so
// that neither side may send it.
func Reserved(name string) bool { return reserved[name] }
