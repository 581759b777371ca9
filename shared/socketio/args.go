package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Args are the arguments of an event or acknowledgement, in JSON. Arguments of a
// packet with attachments hold them as [Binary]: decode such an argument, or pass
// it on as it is; its text means nothing elsewhere.
type Args []json.RawMessage

// Decode decodes argument i into v. A missing argument leaves v alone, and one that
// does not fit wraps ErrArgument. Where v points to an any, a []any or a
// map[string]any, binary data stands in it as Binary.
func (a Args) Decode(i int, v any) error {
	if i < 0 || i >= len(a) {
		return nil
	}
	if err := json.Unmarshal(a[i], v); err != nil {
		return fmt.Errorf("%w: argument %d: %w", ErrArgument, i, err)
	}
	if !bytes.Contains(a[i], nonce) {
		return nil
	}
	switch v := v.(type) {
	case *any:
		*v = revive(*v)
	case *[]any:
		revive(*v)
	case *map[string]any:
		if _, itself := revive(*v).(Binary); itself {
			*v = nil
			return fmt.Errorf("%w: argument %d: binary data instead of an object", ErrArgument, i)
		}
	}
	return nil
}

// Any returns the arguments so that they can be emitted again, attachments
// included.
func (a Args) Any() []any {
	all := make([]any, len(a))
	for i, arg := range a {
		all[i] = arg
	}
	return all
}

// Event returns the name and the arguments of an EVENT. A number for a name gives
// its digits. An EVENT without payload, which the protocol admits and no client
// sends, has the name "". The error wraps ErrParse when the packet is not an EVENT
// or attachments are still missing.
func (p Packet) Event() (name string, args Args, err error) {
	if p.Type != Event && p.Type != BinaryEvent {
		return "", nil, fmt.Errorf("%w: %v is not an event", ErrParse, p.Type)
	}
	items, err := p.Args()
	if err != nil || len(items) == 0 {
		return "", nil, err
	}
	if items[0][0] == '"' {
		return unquote(items[0]), items[1:], nil
	}
	return decimal(string(items[0])), items[1:], nil
}

// EventName returns the name of an event, also while its attachments are missing, or "" if the
// packet has none.
func (p Packet) EventName() string {
	if len(p.Payload) == 0 || p.Payload[0] != '[' {
		return ""
	}
	first := skipSpace(p.Payload[1:])
	switch first = first[:valueEnd(first)]; {
	case len(first) == 0:
		return ""
	case first[0] == '"':
		return unquote(first)
	default:
		return decimal(string(first))
	}
}

// decimal writes a JSON number without an exponent and without needless zeros.
func decimal(number string) string {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !strings.ContainsAny(number, ".eE") && f != 0 {
		return number
	}
	if f == 0 {
		return "0" // also for -0
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// Args returns the items of the payload: of an ACK, its arguments. The error wraps
// ErrParse when attachments are still missing.
func (p Packet) Args() (Args, error) {
	if len(p.Binary) != p.Attachments {
		return nil, fmt.Errorf("%w: attachments are missing", ErrParse)
	}
	if len(p.Payload) == 0 || p.Payload[0] != '[' {
		return nil, nil
	}
	payload, err := insert(p.Payload, p.Binary)
	if err != nil {
		return nil, err
	}
	return split(payload), nil
}

// split returns the items of a valid JSON array. They share its memory.
func split(array []byte) Args {
	args := make(Args, 0, 4)
	rest := array[1:]
	for {
		rest = skipSpace(rest)
		if rest[0] == ']' {
			return args
		}
		if rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
		n := valueEnd(rest)
		args = append(args, json.RawMessage(rest[:n:n]))
		rest = rest[n:]
	}
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// valueEnd returns the length of the JSON value that valid text begins with.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i += stringEnd(text[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth == 0 {
				return i // the end of what surrounds a number or literal
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && (c == ',' || isSpace(c)):
			return i
		}
	}
	return len(text)
}

// stringEnd returns the length of the JSON string that valid text begins with.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
