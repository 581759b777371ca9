package engineio

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// PacketType is the first byte of a frame.
type PacketType byte

// The packet types. Binary is not a type of its own in the protocol but a message
// in another encoding.
const (
	Open    PacketType = '0'
	Close   PacketType = '1'
	Ping    PacketType = '2'
	Pong    PacketType = '3'
	Message PacketType = '4'
	Upgrade PacketType = '5'
	Noop    PacketType = '6'
	Binary  PacketType = 'b'
)

// String returns the protocol's name of the type.
func (t PacketType) String() string {
	switch t {
	case Open:
		return "open"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	case Message:
		return "message"
	case Upgrade:
		return "upgrade"
	case Noop:
		return "noop"
	case Binary:
		return "binary"
	}
	return fmt.Sprintf("PacketType(%q)", byte(t))
}

// Packet is a decoded frame.
type Packet struct {
	Type PacketType
	// Text is what follows the type of a Message; of other types it is empty.
	Text string
	// Binary is the data of a Binary packet, never nil there and nil elsewhere.
	Binary []byte
}

// ErrProtocol is wrapped by every error of Decode. The connection that sent such
// a frame is to be closed.
var ErrProtocol = errors.New("engineio: protocol violation")

// Decode decodes a text frame of a client. Packets of type Open, Upgrade and Noop
// are to be ignored, and those of type Close end the connection. A Ping is an
// error, because in version 4 pings come from the server only.
func Decode(frame string) (Packet, error) {
	if frame == "" {
		return Packet{}, fmt.Errorf("%w: an empty frame", ErrProtocol)
	}
	switch t := PacketType(frame[0]); t {
	case Open, Close, Pong, Upgrade, Noop:
		return Packet{Type: t}, nil
	case Message:
		return Packet{Type: t, Text: frame[1:]}, nil
	case Binary:
		data, err := decodeBase64(frame[1:])
		if err != nil {
			return Packet{}, fmt.Errorf("%w: a binary frame: %w", ErrProtocol, err)
		}
		return Packet{Type: t, Binary: data}, nil
	case Ping:
		return Packet{}, fmt.Errorf("%w: a ping from a client", ErrProtocol)
	default:
		return Packet{}, fmt.Errorf("%w: unknown packet type %q", ErrProtocol, byte(t))
	}
}

// strict refuses a last character with bits that stand for nothing, so that data
// has a single encoding.
var strict = base64.StdEncoding.Strict()

func decodeBase64(text string) ([]byte, error) {
	// The standard decoder skips line breaks.
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		return nil, base64.CorruptInputError(i)
	}
	data := make([]byte, strict.DecodedLen(len(text)))
	n, err := strict.Decode(data, []byte(text))
	if err != nil {
		return nil, err
	}
	return data[:n], nil
}

// Frames that carry nothing.
const (
	PingFrame = "2"
	NoopFrame = "6"
)

// BinaryFrame returns the text frame that carries data.
func BinaryFrame(data []byte) []byte {
	frame := make([]byte, 1+base64.StdEncoding.EncodedLen(len(data)))
	frame[0] = byte(Binary)
	base64.StdEncoding.Encode(frame[1:], data)
	return frame
}
