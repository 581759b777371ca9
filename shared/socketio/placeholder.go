package socketio

import (
	"fmt"
	"strconv"
)

// placeholder is an object {"_placeholder":true,"num":n} in a payload, which stands
// for attachment n.
type placeholder struct{ start, end, num int }

func appendPlaceholder(b []byte, num int) []byte {
	b = append(b, `{"_placeholder":true,"num":`...)
	return append(strconv.AppendInt(b, int64(num), 10), '}')
}

// placeholders finds the placeholders of valid JSON, in their order. Each must name
// one of the attachments, and another one. The error wraps ErrParse.
//
// The reference lets several placeholders name the same attachment. No encoder
// writes that, and it would let a small packet become a huge one.
func placeholders(payload []byte, attachments int) ([]placeholder, error) {
	w := placeholderWalk{json: payload, used: make([]bool, attachments)}
	w.value(w.skipSpace(0))
	return w.found, w.err
}

// placeholderWalk follows the reference: what has the property _placeholder with the
// value true is a placeholder, whatever else it has; of equal keys the last one
// counts; what is inside of a placeholder goes with it.
type placeholderWalk struct {
	json  []byte
	used  []bool
	found []placeholder
	err   error
}

// value walks through the value that begins at i and returns the index after it.
func (w *placeholderWalk) value(i int) int {
	switch w.json[i] {
	case '{':
		return w.object(i)
	case '[':
		for i = w.skipSpace(i + 1); w.json[i] != ']'; {
			i = w.afterComma(w.value(i))
		}
		return i + 1
	default:
		return i + valueEnd(w.json[i:])
	}
}

func (w *placeholderWalk) object(start int) int {
	before := len(w.found)
	var mark, num string
	i := w.skipSpace(start + 1)
	for w.json[i] != '}' {
		key := w.json[i : i+valueEnd(w.json[i:])]
		value := w.skipSpace(w.skipSpace(i+len(key)) + 1) // a colon stands between them
		end := w.value(value)
		switch unquote(key) {
		case "_placeholder":
			mark = string(w.json[value:end])
		case "num":
			num = string(w.json[value:end])
		}
		i = w.afterComma(end)
	}
	if mark == "true" {
		w.found = w.found[:before]
		w.add(start, i+1, num)
	}
	return i + 1
}

func (w *placeholderWalk) add(start, end int, num string) {
	n, err := strconv.Atoi(num)
	if err != nil || n < 0 || n >= len(w.used) || w.used[n] {
		w.err = fmt.Errorf("%w: illegal attachments", ErrParse)
		return
	}
	w.used[n] = true
	w.found = append(w.found, placeholder{start, end, n})
}

func (w *placeholderWalk) skipSpace(i int) int {
	return len(w.json) - len(skipSpace(w.json[i:]))
}

func (w *placeholderWalk) afterComma(i int) int {
	if i = w.skipSpace(i); w.json[i] == ',' {
		i = w.skipSpace(i + 1)
	}
	return i
}
