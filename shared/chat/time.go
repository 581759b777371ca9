package chat

import "time"

// Time is a moment in UTC, to the millisecond. Its JSON is RFC 3339 with a fixed length,
// as in "2026-01-02T15:04:05.070Z", so that texts sort like the moments.
type Time struct{ time.Time }

// At returns a moment as a Time.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}
