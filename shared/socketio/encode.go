package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/confab-chat/confab/shared/engineio"
)

// NewEvent makes an EVENT, or a BINARY_EVENT when an argument holds [Binary]. The
// error wraps ErrReservedName, or ErrArgument when an argument has no JSON form,
// there is too much binary data, or the namespace is none.
func NewEvent(namespace, name string, args ...any) (Packet, error) {
	if Reserved(name) {
		return Packet{}, fmt.Errorf("%w: %q", ErrReservedName, name)
	}
	return Packet{Type: Event, Namespace: namespace}.withArray(name, true, args)
}

// NewAck makes an ACK, or a BINARY_ACK, of the packet with this id. The error wraps
// ErrArgument.
func NewAck(namespace string, id uint64, args ...any) (Packet, error) {
	return Packet{Type: Ack, Namespace: namespace, ID: id, HasID: true}.withArray("", false, args)
}

// NewConnect makes a CONNECT; the payload is a JSON object, or nil for none. The
// error wraps ErrArgument, also for binary data, which only events and
// acknowledgements carry.
func NewConnect(namespace string, payload any) (Packet, error) {
	p := Packet{Type: Connect, Namespace: namespace}
	if payload == nil {
		return p, p.checkNamespace()
	}
	return p.withPayload(payload)
}

// NewConnectError makes a CONNECT_ERROR; the payload is a JSON object, or a string.
// The error wraps ErrArgument, as in NewConnect.
func NewConnectError(namespace string, payload any) (Packet, error) {
	return Packet{Type: ConnectError, Namespace: namespace}.withPayload(payload)
}

// NewDisconnect makes a DISCONNECT.
func NewDisconnect(namespace string) Packet {
	return Packet{Type: Disconnect, Namespace: namespace}
}

// WithArg returns an event or an acknowledgement with one more argument at its end.
// The error wraps ErrArgument, or ErrParse if there is no payload to add it to.
func (p Packet) WithArg(arg any) (Packet, error) {
	items, err := p.Args()
	if err != nil {
		return p, err
	}
	if items == nil {
		return p, fmt.Errorf("%w: a packet without arguments", ErrParse)
	}
	payload, attachments, err := encodeArray(append(items.Any(), arg))
	if err != nil {
		return p, err
	}
	return p.withAttachments(payload, attachments), nil
}

// Frames returns the packet as frames of the WebSocket: its header, and one for
// each attachment, to be sent one after the other.
func (p Packet) Frames() [][]byte {
	header := make([]byte, 0, len(p.Namespace)+len(p.Payload)+32)
	header = append(header, byte(engineio.Message), '0'+byte(p.Type))
	if p.Type.binary() {
		header = strconv.AppendInt(header, int64(p.Attachments), 10)
		header = append(header, '-')
	}
	if p.Namespace != "/" && p.Namespace != "" {
		header = append(header, p.Namespace...)
		header = append(header, ',')
	}
	if p.HasID {
		header = strconv.AppendUint(header, p.ID, 10)
	}
	header = append(header, p.Payload...)
	frames := make([][]byte, 1, 1+len(p.Binary))
	frames[0] = header
	for _, data := range p.Binary {
		frames = append(frames, engineio.BinaryFrame(data))
	}
	return frames
}

// withArray returns the packet with the array of name and arguments as payload.
func (p Packet) withArray(name string, named bool, args []any) (Packet, error) {
	if err := p.checkNamespace(); err != nil {
		return Packet{}, err
	}
	e := encoders.Get().(*encoder)
	defer e.free()
	e.buffer.WriteByte('[')
	if named {
		if err := e.encodeString(name); err != nil {
			return Packet{}, fmt.Errorf("%w: %w", ErrArgument, err)
		}
	}
	for i, arg := range args {
		if named || i > 0 {
			e.buffer.WriteByte(',')
		}
		if err := e.encode(arg); err != nil {
			return Packet{}, fmt.Errorf("%w: argument %d: %w", ErrArgument, i, err)
		}
	}
	e.buffer.WriteByte(']')
	payload, attachments, err := detach(bytes.Clone(e.buffer.Bytes()))
	if err != nil {
		return Packet{}, err
	}
	return p.withAttachments(payload, attachments), nil
}

// encodeArray returns the array of values, and the binary data in it.
func encodeArray(values []any) (json.RawMessage, [][]byte, error) {
	p, err := Packet{}.withArray("", false, values)
	return p.Payload, p.Binary, err
}

func (p Packet) withAttachments(payload json.RawMessage, attachments [][]byte) Packet {
	p.Payload, p.Binary, p.Attachments = payload, attachments, len(attachments)
	switch {
	case len(attachments) == 0:
	case p.Type == Event:
		p.Type = BinaryEvent
	case p.Type == Ack:
		p.Type = BinaryAck
	}
	return p
}

func (p Packet) withPayload(payload any) (Packet, error) {
	if err := p.checkNamespace(); err != nil {
		return p, err
	}
	var err error
	if p.Payload, err = encodeJSON(payload); err != nil {
		return p, fmt.Errorf("%w: %w", ErrArgument, err)
	}
	if !p.payloadFits() || bytes.Contains(p.Payload, nonce) {
		return Packet{}, fmt.Errorf("%w: a payload that %v does not have", ErrArgument, p.Type)
	}
	return p, nil
}

// checkNamespace refuses what a receiver would read as something else.
func (p Packet) checkNamespace() error {
	if p.Namespace != "" && (p.Namespace[0] != '/' || strings.Contains(p.Namespace, ",")) {
		return fmt.Errorf("%w: not a namespace: %q", ErrArgument, p.Namespace)
	}
	return nil
}

// encoder writes JSON without the escapes that are meant for HTML.
type encoder struct {
	buffer bytes.Buffer
	json   *json.Encoder
}

var encoders = sync.Pool{New: func() any {
	e := &encoder{}
	e.json = json.NewEncoder(&e.buffer)
	e.json.SetEscapeHTML(false)
	return e
}}

// encode appends a value.
func (e *encoder) encode(v any) error {
	if s, ok := v.(string); ok {
		return e.encodeString(s)
	}
	return e.encodeAny(v)
}

// encodeString appends a string, without the detour of encodeAny if nothing in it has
// to be escaped.
func (e *encoder) encodeString(s string) error {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == '"' || s[i] == '\\' {
			return e.encodeAny(s)
		}
	}
	e.buffer.WriteByte('"')
	e.buffer.WriteString(s)
	e.buffer.WriteByte('"')
	return nil
}

func (e *encoder) encodeAny(v any) error {
	if err := e.json.Encode(v); err != nil {
		return err
	}
	e.buffer.Truncate(e.buffer.Len() - 1) // the newline that Encode adds
	return nil
}

// free gives the encoder back, unless it has grown large.
func (e *encoder) free() {
	if e.buffer.Cap() <= MaxPacketSize {
		e.buffer.Reset()
		encoders.Put(e)
	}
}

func encodeJSON(v any) ([]byte, error) {
	e := encoders.Get().(*encoder)
	defer e.free()
	if err := e.encode(v); err != nil {
		return nil, err
	}
	return bytes.Clone(e.buffer.Bytes()), nil
}
