package strict

import (
	"bytes"
	"encoding/json"
)

// Object is any JSON object, as compact JSON. The empty Object stands for none. Its members keep
// their order, and its numbers their digits.
type Object string

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return []byte(o), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(raw []byte) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return err
	}
	*o = Object(compact.String())
	return nil
}

// Depth is how many objects and lists of it lie in each other, itself among them.
func (o Object) Depth() int {
	depth, deepest, inText := 0, 0, false
	for i := 0; i < len(o); i++ {
		switch c := o[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
