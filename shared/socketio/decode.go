package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Decode decodes a packet that a client sent: the text of an Engine.IO message. A
// packet that announces attachments is complete only after [Packet.Attach]. All
// errors wrap ErrParse. With a *LimitError comes the packet's type, namespace and id.
func Decode(text string) (Packet, error) {
	p, err := decode(text)
	if err == nil && p.Type == ConnectError {
		err = fmt.Errorf("%w: a CONNECT_ERROR from a client", ErrParse)
	}
	return p, err
}

// DecodeServer decodes a packet that a server sent.
func DecodeServer(text string) (Packet, error) { return decode(text) }

// decode reads <type>[<attachments>-][<namespace>,][<id>][<payload>].
func decode(text string) (Packet, error) {
	p := Packet{Namespace: "/"}
	if len(text) > MaxPacketSize {
		return p, fmt.Errorf("%w: %d bytes are too many", ErrParse, len(text))
	}
	if !utf8.ValidString(text) {
		return p, fmt.Errorf("%w: not UTF-8", ErrParse)
	}
	if text == "" || text[0] < '0' || text[0] > '6' {
		return p, fmt.Errorf("%w: unknown packet type", ErrParse)
	}
	p.Type = Type(text[0] - '0')
	rest, err := p.decodeHead(text[1:])
	if err == nil && rest != "" {
		err = p.decodePayload(rest)
	}
	return p, err
}

// decodeHead decodes what stands between the type and the payload, and returns the rest.
func (p *Packet) decodeHead(text string) (rest string, err error) {
	rest = text
	if p.Type.binary() {
		digits, after, found := strings.Cut(rest, "-")
		n, err := strconv.ParseUint(digits, 10, 31)
		if !found || err != nil || digits[0] == '0' {
			return "", fmt.Errorf("%w: illegal number of attachments", ErrParse)
		}
		p.Attachments, rest = int(n), after
	}
	if strings.HasPrefix(rest, "/") {
		p.Namespace, rest, _ = strings.Cut(rest, ",")
	}
	if n := countDigits(rest); n > 0 {
		id, err := strconv.ParseUint(rest[:n], 10, 64)
		if err != nil {
			return "", fmt.Errorf("%w: the acknowledgement's id is too large", ErrParse)
		}
		p.ID, p.HasID, rest = id, true, rest[n:]
	}
	if p.Attachments > MaxAttachments {
		return "", &LimitError{fmt.Sprintf("A packet may have %d attachments at most, and this one has %d.", MaxAttachments, p.Attachments)}
	}
	return rest, nil
}

// decodePayload decodes the payload, which is the rest of a packet.
func (p *Packet) decodePayload(text string) error {
	p.Payload = json.RawMessage(text)
	if tooDeep(p.Payload) {
		return &LimitError{fmt.Sprintf("Arrays and objects may be nested %d levels deep at most.", MaxNesting)}
	}
	if !json.Valid(p.Payload) {
		return fmt.Errorf("%w: invalid JSON", ErrParse)
	}
	p.Payload = bytes.TrimSpace(p.Payload)
	if !p.payloadFits() {
		return fmt.Errorf("%w: a payload that %v does not have", ErrParse, p.Type)
	}
	return nil
}

func countDigits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

// tooDeep looks at the JSON text itself, before anything recursive does.
func tooDeep(text []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > MaxNesting {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// payloadFits reports whether a payload that is valid JSON has its type's form.
func (p *Packet) payloadFits() bool {
	first := p.Payload[0]
	switch p.Type {
	case Connect:
		return first == '{'
	case Disconnect:
		return false
	case ConnectError:
		return first == '{' || first == '"'
	case Ack, BinaryAck:
		return first == '['
	default:
		return first == '[' && eventNameFits(p.Payload)
	}
}

// eventNameFits reports whether an array begins with a name: a number, or a string
// that is not reserved.
func eventNameFits(array []byte) bool {
	name := bytes.TrimLeft(array[1:], " \t\r\n")
	switch {
	case name[0] == '"':
		literal := name[:valueEnd(name)]
		if bytes.IndexByte(literal, '\\') < 0 {
			return !reserved[string(literal[1:len(literal)-1])] // without a copy
		}
		return !Reserved(unquote(literal))
	default:
		return name[0] == '-' || name[0] >= '0' && name[0] <= '9'
	}
}

// unquote returns the string of a JSON string literal that is known to be valid.
func unquote(literal []byte) string {
	if bytes.IndexByte(literal, '\\') < 0 {
		return string(literal[1 : len(literal)-1])
	}
	var s string
	_ = json.Unmarshal(literal, &s)
	return s
}
