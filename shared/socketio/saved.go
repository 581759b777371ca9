package socketio

import (
	"encoding/json"
	"fmt"
)

// saved is the form of arguments with binary data outside of a process: the array of
// arguments with placeholders, and the attachments. It is an object, for which no
// array of arguments can be taken.
type saved struct {
	Args   json.RawMessage `json:"args"`
	Binary [][]byte        `json:"binary"`
}

// Save returns the arguments in JSON that another process can load with LoadArgs:
// their array, or an object if there is binary data in them. The error wraps
// ErrArgument.
func (a Args) Save() (json.RawMessage, error) {
	payload, attachments, err := encodeArray(a.Any())
	if err != nil || attachments == nil {
		return payload, err
	}
	return json.Marshal(saved{payload, attachments})
}

// LoadArgs returns arguments that were saved. The error wraps ErrParse.
func LoadArgs(data json.RawMessage) (Args, error) {
	array := skipSpace(data)
	if !json.Valid(data) {
		return nil, fmt.Errorf("%w: saved arguments", ErrParse)
	}
	if array[0] == '{' {
		var s saved
		err := json.Unmarshal(data, &s)
		if err == nil {
			array, err = insert(s.Args, s.Binary)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: saved arguments: %w", ErrParse, err)
		}
	}
	if len(array) == 0 || array[0] != '[' {
		return nil, fmt.Errorf("%w: saved arguments", ErrParse)
	}
	return split(array), nil
}
