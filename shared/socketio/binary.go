package socketio

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
)

// Binary is binary data in an argument, alone or anywhere inside: the client sees
// an ArrayBuffer, Buffer or Blob, and what a client sends as one decodes into it.
//
// In the JSON of a packet's payload it stands as a marker string that only this
// process can make, and on the wire as a placeholder with an attachment. Do not
// store JSON with a Binary in it: use []byte there.
type Binary []byte

// marker begins the string that stands for binary data. It is random, so that no
// client can send a string that would be taken for one.
var marker = rand.Text()

// quotedMarker is the marker as it begins in JSON.
var quotedMarker = []byte(`"` + marker)

// MarshalJSON implements json.Marshaler.
func (b Binary) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, len(quotedMarker)+base64.StdEncoding.EncodedLen(len(b))+1)
	out = append(out, quotedMarker...)
	out = base64.StdEncoding.AppendEncode(out, b)
	return append(out, '"'), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *Binary) UnmarshalJSON(text []byte) error {
	data, ok := bytes.CutPrefix(text, quotedMarker)
	if !ok {
		return fmt.Errorf("%w: not binary data", ErrArgument)
	}
	decoded, err := base64.StdEncoding.DecodeString(string(bytes.TrimSuffix(data, []byte(`"`))))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	*b = decoded
	return nil
}

// detach replaces the markers in a payload by placeholders, and adds their data to
// attachments.
func detach(payload []byte, attachments [][]byte) ([]byte, [][]byte, error) {
	at := bytes.Index(payload, quotedMarker)
	if at < 0 {
		return payload, attachments, nil
	}
	var out []byte
	for ; at >= 0; at = bytes.Index(payload, quotedMarker) {
		end := at + valueEnd(payload[at:])
		var data Binary
		if err := data.UnmarshalJSON(payload[at:end]); err != nil {
			return nil, nil, err
		}
		out = append(out, payload[:at]...)
		out = append(out, `{"_placeholder":true,"num":`...)
		out = strconv.AppendInt(out, int64(len(attachments)), 10)
		out = append(out, '}')
		attachments = append(attachments, data)
		payload = payload[end:]
	}
	if len(attachments) > MaxAttachments {
		return nil, nil, fmt.Errorf("%w: %d attachments are too many", ErrArgument, len(attachments))
	}
	return append(out, payload...), attachments, nil
}

// Attach returns the packet with its attachments, as many as it announced. The
// error wraps ErrParse; also when a placeholder names an attachment that is none.
func (p Packet) Attach(attachments [][]byte) (Packet, error) {
	if len(attachments) != p.Attachments {
		return p, fmt.Errorf("%w: %d attachments instead of %d", ErrParse, len(attachments), p.Attachments)
	}
	p.Binary = attachments
	if len(attachments) == 0 || p.Payload == nil {
		return p, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(p.Payload))
	decoder.UseNumber() // numbers stay as they were written
	var value any
	if err := decoder.Decode(&value); err != nil {
		return p, fmt.Errorf("%w: %w", ErrParse, err)
	}
	value, err := attach(value, attachments)
	if err != nil {
		return p, err
	}
	if p.Payload, err = encodeJSON(value); err != nil {
		return p, fmt.Errorf("%w: %w", ErrParse, err)
	}
	return p, nil
}

// attach replaces the placeholders in a decoded value by their data.
func attach(value any, attachments [][]byte) (any, error) {
	var err error
	switch v := value.(type) {
	case []any:
		for i := range v {
			if v[i], err = attach(v[i], attachments); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if v["_placeholder"] == true {
			number, _ := v["num"].(json.Number)
			n, err := strconv.Atoi(number.String())
			if err != nil || n < 0 || n >= len(attachments) {
				return nil, fmt.Errorf("%w: illegal attachments", ErrParse)
			}
			return Binary(attachments[n]), nil
		}
		for key := range v {
			if v[key], err = attach(v[key], attachments); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
