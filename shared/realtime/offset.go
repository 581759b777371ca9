package realtime

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
)

// An offset names a packet in the recovery logs, a pid a session. Both begin with the log's
// clock, padded, so that they sort by it, and end in characters of rand.Text.
const (
	offsetDigits = 16
	// offsetRandom and idRandom are the numbers of random characters in an offset and in
	// a pid.
	offsetRandom, idRandom = 8, 20
)

// newOffset returns an offset that is no other's.
func newOffset(clock int64) string { return offsetAt(clock) + rand.Text()[:offsetRandom] }

// newPID returns the id of a new session.
func newPID(clock int64) string { return offsetAt(clock) + newID() }

func offsetAt(clock int64) string { return fmt.Sprintf("%0*d", offsetDigits, clock) }

// clockOf returns the log's clock that an offset begins with.
func clockOf(offset string) int64 {
	clock, err := strconv.ParseInt(offset[:offsetDigits], 10, 64)
	if err != nil {
		return 0
	}
	return clock
}

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
