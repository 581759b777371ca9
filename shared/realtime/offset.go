package realtime

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// An offset names a packet in the recovery logs, a pid a session. Both begin with a time
// in microseconds, padded, so that they sort by it, and end in characters of rand.Text.
const (
	offsetDigits = 16
	// offsetRandom and idRandom are the numbers of random characters in an offset and in
	// a pid.
	offsetRandom, idRandom = 4, 20
)

// offsets hands out offsets. Those of one process sort in the order in which they were
// handed out; those of several, by their clocks.
type offsets struct{ last atomic.Int64 }

func (o *offsets) next(now time.Time) string {
	for {
		last := o.last.Load()
		micros := max(now.UnixMicro(), last+1)
		if o.last.CompareAndSwap(last, micros) {
			return offsetAt(micros) + rand.Text()[:offsetRandom]
		}
	}
}

// newPID returns the id of a new session. Nothing that is older than it is replayed to the
// session.
func newPID(now time.Time) string { return offsetAt(now.UnixMicro()) + newID() }

func offsetAt(micros int64) string { return fmt.Sprintf("%0*d", offsetDigits, micros) }

// hasOffsetForm reports whether text is an offset's digits followed by this many random
// characters.
func hasOffsetForm(text string, random int) bool {
	if len(text) != offsetDigits+random {
		return false
	}
	isNoDigit := func(r rune) bool { return r < '0' || '9' < r }
	isNoBase32 := func(r rune) bool { return (r < 'A' || 'Z' < r) && (r < '2' || '7' < r) }
	return !strings.ContainsFunc(text[:offsetDigits], isNoDigit) && !strings.ContainsFunc(text[offsetDigits:], isNoBase32)
}
