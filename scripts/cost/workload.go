package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

// Workload is a month of a chat.
type Workload struct {
	// Users are the people who connect at least once. Some services bill by user.
	Users int `json:"users"`
	// Messages are sent to rooms of Room online connections, with the sender's.
	Messages int `json:"messages"`
	Room     int `json:"room"`
	// Minutes are the connection minutes of all connections.
	Minutes int `json:"minutes"`
	// Session is how long a connection lasts.
	Session Period `json:"session"`
	// Rooms are how many rooms a user is in.
	Rooms int `json:"rooms"`
	// Pages are how many pages of history a user reads after connecting.
	Pages int `json:"pages"`
	// Typing are how many typing events come with a message.
	Typing float64 `json:"typing"`
	// Heartbeat is what the sweep sends.
	Heartbeat mode.Heartbeat `json:"heartbeat"`
	// Presence is who is told that people come and go.
	Presence mode.Presence `json:"presence"`
	// Duration is the average duration of an invocation: the one number that is assumed, not
	// counted.
	Duration Period `json:"duration"`
}

// Period is a time.Duration with a short text: 1h30m.
type Period time.Duration

// String implements fmt.Stringer.
func (p Period) String() string {
	s := time.Duration(p).String()
	if cut, ok := strings.CutSuffix(s, "m0s"); ok {
		s = cut + "m"
	}
	if cut, ok := strings.CutSuffix(s, "h0m"); ok {
		s = cut + "h"
	}
	return s
}

// MarshalText implements encoding.TextMarshaler.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// maxSession is the life of a connection (API Gateway quotas for WebSocket APIs).
const maxSession = Period(2 * time.Hour)

// minutesInMonth is AWS's month of 730 hours.
const minutesInMonth = 730 * 60

// Check returns an error that names every value out of its bounds.
func (w Workload) Check() error {
	var errs []error
	atLeast := func(flag string, value, least int) {
		if value < least {
			errs = append(errs, fmt.Errorf("-%s is %d and must be at least %d", flag, value, least))
		}
	}
	atLeast("users", w.Users, 0)
	atLeast("messages", w.Messages, 0)
	atLeast("minutes", w.Minutes, 0)
	atLeast("room", w.Room, 1)
	atLeast("rooms", w.Rooms, 0)
	atLeast("pages", w.Pages, 0)
	if w.Typing < 0 {
		errs = append(errs, fmt.Errorf("-typing is %g and must not be negative", w.Typing))
	}
	if w.Session < Period(time.Minute) || w.Session > maxSession {
		errs = append(errs, fmt.Errorf("-session is %v and must be between 1m and 2h, the longest that API Gateway keeps a connection", w.Session))
	}
	if w.Duration < Period(time.Millisecond) {
		errs = append(errs, fmt.Errorf("-ms is %g and must be at least 1", 1000*time.Duration(w.Duration).Seconds()))
	}
	return errors.Join(errs...)
}

// Connections returns how many connections are opened.
func (w Workload) Connections() float64 {
	return float64(w.Minutes) / time.Duration(w.Session).Minutes()
}

// Concurrent returns how many connections are open at a time, on average.
func (w Workload) Concurrent() float64 { return float64(w.Minutes) / minutesInMonth }
