// Package mode has the settings of the engine and of the chat that are one of a few words. It imports
// nothing of the engine, so that what deploys the engine can use it without its weight.
//
// Each type implements [encoding.TextUnmarshaler] with [Parse]. So it reads environment
// variables, and flags by [flag.TextVar]. The empty value is the default.
package mode

import (
	"errors"
	"slices"
	"strings"
)

// Dispatch says how messages of one connection reach the engine.
type Dispatch string

const (
	// Concurrent: at once and in any order, as from API Gateway. It is the default.
	Concurrent Dispatch = "concurrent"
	// Serial: one after the other, in the order in which they were sent.
	Serial Dispatch = "serial"
)

// RouteResponse says whether API Gateway forwards an empty route response as an empty
// frame. AWS does not document it; one user reports that it does.
type RouteResponse string

const (
	// EveryRouteResponse forwards an empty one too, which is a parse error to the client.
	// So the engine answers with a noop where it has nothing to say. It is the default.
	EveryRouteResponse RouteResponse = "every"
	// FilledRouteResponse forwards only those that are not empty. So the engine needs no
	// noops, which are billed messages.
	FilledRouteResponse RouteResponse = "filled"
)

// Heartbeat is what keeps a quiet connection past API Gateway's idle timeout.
type Heartbeat string

const (
	// Alternate sends a ping and a noop in turn: two billed messages less than Ping in each
	// round, and a client still notices a dead line within two rounds. It is the default.
	Alternate Heartbeat = "alternate"
	// Ping sends a ping every round: the client answers with a pong.
	Ping Heartbeat = "ping"
	// Noop sends a frame that the client ignores: one billed message a round, but a
	// client never notices a line that died silently.
	Noop Heartbeat = "noop"
)

// ClientErrors says how the engine logs what clients do wrong: unknown events, arguments of
// the wrong form, refusals.
type ClientErrors string

const (
	// QuietClientErrors logs them at level DEBUG, because anyone can cause them. It is the
	// default.
	QuietClientErrors ClientErrors = "quiet"
	// LoudClientErrors logs them at level WARN, for those who write the client.
	LoudClientErrors ClientErrors = "loud"
	// VerboseClientErrors adds what the client sent, which may be anyone's secret.
	VerboseClientErrors ClientErrors = "verbose"
)

// Presence says who is told when people of the chat come online and go offline.
type Presence string

const (
	// PresenceToWatchers tells those who watch a room of theirs. It is the default.
	PresenceToWatchers Presence = "watchers"
	// PresenceToEveryone tells everyone who is online: that costs in proportion to the square
	// of their number, and tells strangers.
	PresenceToEveryone Presence = "everyone"
	// NoPresence tells nobody, and everybody seems offline.
	NoPresence Presence = "off"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Dispatch) UnmarshalText(text []byte) error { return Parse(d, text, Concurrent, Serial) }

// MarshalText implements encoding.TextMarshaler.
func (d Dispatch) MarshalText() ([]byte, error) { return []byte(d), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *RouteResponse) UnmarshalText(text []byte) error {
	return Parse(r, text, EveryRouteResponse, FilledRouteResponse)
}

// MarshalText implements encoding.TextMarshaler.
func (r RouteResponse) MarshalText() ([]byte, error) { return []byte(r), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Heartbeat) UnmarshalText(text []byte) error { return Parse(h, text, Alternate, Ping, Noop) }

// MarshalText implements encoding.TextMarshaler.
func (h Heartbeat) MarshalText() ([]byte, error) { return []byte(h), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *ClientErrors) UnmarshalText(text []byte) error {
	return Parse(c, text, QuietClientErrors, LoudClientErrors, VerboseClientErrors)
}

// MarshalText implements encoding.TextMarshaler.
func (c ClientErrors) MarshalText() ([]byte, error) { return []byte(c), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Presence) UnmarshalText(text []byte) error {
	return Parse(p, text, PresenceToWatchers, PresenceToEveryone, NoPresence)
}

// MarshalText implements encoding.TextMarshaler.
func (p Presence) MarshalText() ([]byte, error) { return []byte(p), nil }

// Parse sets v to a text, which must be empty or one of the words. The error lists them,
// as in "must be alternate, ping or noop", and leaves the text to the caller.
func Parse[T ~string](v *T, text []byte, words ...T) error {
	if len(text) > 0 && !slices.Contains(words, T(text)) {
		return errors.New("must be " + list(words))
	}
	*v = T(text)
	return nil
}

// list writes words as in "alternate, ping or noop".
func list[T ~string](words []T) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(word))
	}
	return b.String()
}
