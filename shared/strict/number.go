package strict

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// wholeForm returns a whole number that is written with a fraction or an exponent, such as 25318.0 or
// 1e3, as digits, for a field that needs one. JSON Schema and most languages know no difference (JSON
// Schema Core 4.2.3), and package json does. Other values are returned as they are; so are
// numbers from 2^53, which those languages do not know exactly. Digits that a float64 cannot hold are rounded away, as
// they are there.
func wholeForm(raw json.RawMessage, t reflect.Type) json.RawMessage {
	const exact = 1 << 53
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Int && t.Kind() != reflect.Int64 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return raw
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || n <= -exact || n >= exact || n != float64(int64(n)) {
		return raw
	}
	return strconv.AppendInt(nil, int64(n), 10)
}
