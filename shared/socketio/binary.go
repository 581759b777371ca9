package socketio

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Binary is binary data in an argument, alone or anywhere inside: the client sees
// an ArrayBuffer, Buffer or Blob, and what a client sends as one decodes into it.
// A nil Binary is null.
//
// In the JSON of an argument it stands as a marker that only this process can make
// and read, and on the wire as a placeholder with an attachment. Do not store or
// show JSON with a Binary in it: use []byte there, and [Args.Save] for arguments.
type Binary []byte

// A marker is an object {"<nonce>":"<base64>"}. The nonce is a secret of the
// process, so that nothing a client sends is taken for a marker; and a marker is
// an object, so that it does not pass for a text where an application asks for one.
var (
	nonce       = []byte(rand.Text())
	markerStart = []byte(`{"` + string(nonce) + `":"`)
	markerEnd   = []byte(`"}`)
)

func appendMarker(b, data []byte) []byte {
	b = append(b, markerStart...)
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, markerEnd...)
}

// MarshalJSON implements json.Marshaler.
func (b Binary) MarshalJSON() ([]byte, error) {
	if b == nil {
		return []byte("null"), nil
	}
	return appendMarker(nil, b), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *Binary) UnmarshalJSON(value []byte) error {
	if string(value) == "null" {
		*b = nil
		return nil
	}
	text, ok := bytes.CutPrefix(value, markerStart)
	if ok {
		text, ok = bytes.CutSuffix(text, markerEnd)
	}
	if !ok {
		return fmt.Errorf("%w: not binary data", ErrArgument)
	}
	data, err := base64.StdEncoding.AppendDecode([]byte{}, text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	*b = data
	return nil
}

// Attach returns the packet with its attachments, as many as it announced. The
// error wraps ErrParse; also when a placeholder names an attachment that is none,
// or one that another placeholder named.
func (p Packet) Attach(attachments [][]byte) (Packet, error) {
	if len(attachments) != p.Attachments {
		return p, fmt.Errorf("%w: %d attachments instead of %d", ErrParse, len(attachments), p.Attachments)
	}
	if len(attachments) > 0 && p.Payload != nil {
		if !json.Valid(p.Payload) {
			return p, fmt.Errorf("%w: invalid JSON", ErrParse)
		}
		if _, err := placeholders(p.Payload, len(attachments)); err != nil {
			return p, err
		}
	}
	p.Binary = attachments
	return p, nil
}

// insert replaces the placeholders of valid JSON by markers.
func insert(payload []byte, attachments [][]byte) ([]byte, error) {
	if len(attachments) == 0 || payload == nil {
		return payload, nil
	}
	found, err := placeholders(payload, len(attachments))
	if err != nil {
		return nil, err
	}
	var out []byte
	done := 0
	for _, p := range found {
		out = append(out, payload[done:p.start]...)
		out = appendMarker(out, attachments[p.num])
		done = p.end
	}
	return append(out, payload[done:]...), nil
}

// errLoose: an application put the JSON of binary data into a string, or changed it.
var errLoose = fmt.Errorf("%w: binary data that is not a value of its own", ErrArgument)

// detach replaces the markers of valid JSON by placeholders, and returns their data.
// The error wraps ErrArgument.
func detach(payload []byte) ([]byte, [][]byte, error) {
	if !bytes.Contains(payload, nonce) {
		return payload, nil, nil
	}
	// Data that looks like a placeholder is harmless in a packet without attachments;
	// in this one it would make the receivers close their connections.
	if _, err := placeholders(payload, 0); err != nil {
		return nil, nil, fmt.Errorf("%w: data that looks like a placeholder beside binary data", ErrArgument)
	}
	var attachments [][]byte
	out := make([]byte, 0, len(payload))
	for rest := payload; ; {
		before, after, found := bytes.Cut(rest, markerStart)
		out = append(out, before...)
		if !found {
			break
		}
		var text []byte
		text, rest, _ = bytes.Cut(after, markerEnd)
		data, err := base64.StdEncoding.AppendDecode([]byte{}, text)
		if err != nil {
			return nil, nil, errLoose
		}
		out = appendPlaceholder(out, len(attachments))
		attachments = append(attachments, data)
	}
	if bytes.Contains(out, nonce) {
		return nil, nil, errLoose // and the nonce stays a secret
	}
	if len(attachments) > MaxAttachments {
		return nil, nil, fmt.Errorf("%w: %d attachments are too many", ErrArgument, len(attachments))
	}
	return out, attachments, nil
}

// revive puts Binary in the place of markers in a value that was decoded without a
// type.
func revive(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = revive(v[i])
		}
	case map[string]any:
		if text, ok := v[string(nonce)].(string); ok {
			if data, err := base64.StdEncoding.AppendDecode([]byte{}, []byte(text)); err == nil {
				return Binary(data)
			}
		}
		for key := range v {
			v[key] = revive(v[key])
		}
	}
	return value
}
