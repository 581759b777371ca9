package realtimetest

import (
	"sync/atomic"
	"time"
)

// Clock is a time that stands still until it is advanced. It tells whole milliseconds, as
// API Gateway does, and is safe for concurrent use.
type Clock struct{ ms atomic.Int64 }

// NewClock returns a clock that shows a time.
func NewClock(start time.Time) *Clock {
	c := &Clock{}
	c.ms.Store(start.UnixMilli())
	return c
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()) }

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// tick moves the clock by a millisecond and returns its time, which no other tick returns.
func (c *Clock) tick() time.Time { return time.UnixMilli(c.ms.Add(1)) }
