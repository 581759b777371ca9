//go:build !race

package socketio

import "testing"

// The race detector allocates too, so `make test` runs this package without it as well.

func TestEncodingAndDecodingAllocateAtMostThreeTimesEach(t *testing.T) {
	arg := any(text)
	encode := testing.AllocsPerRun(100, func() {
		p, _ := NewEvent("/", "message", arg)
		_ = p.Frames()
	})
	packet := `2["message","` + text + `"]`
	decode := testing.AllocsPerRun(100, func() {
		p, _ := Decode(packet)
		_, _, _ = p.Event()
	})
	if encode > 3 || decode > 3 {
		t.Errorf("encode %v, decode %v", encode, decode)
	}
}
