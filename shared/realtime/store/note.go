package store

import "time"

// Note says what has begun with a connection, so that somebody finishes it if its function dies.
// A Store keeps one for each connection that opens, or of which something ends, until it is over.
type Note struct {
	// At is when the first of it began.
	At time.Time
	// Ending is the ending of the connection; zero: none is noted.
	Ending NotedEnding
	// Sockets are the endings of its sockets by namespace, of each the last.
	Sockets map[string]NotedEnding
}

// NotedEnding is when an ending was first noted, and why. SocketID is empty in that of a
// connection.
type NotedEnding struct {
	SocketID string
	At       time.Time
	Reason   Reason
}

// Judge returns a connection with the endings that the note tells and nobody has claimed, as if
// they had been claimed when they were noted. due reports whether something is to be finished:
// an ending from before a time, or the connection has no socket. over reports whether nothing
// is left that the note was made for.
func (n Note) Judge(c Connection, before time.Time) (_ Connection, due, over bool) {
	if c.EndedAt.IsZero() {
		c.EndedAt, c.Reason = n.Ending.At, n.Ending.Reason
	}
	due = c.EndedAt.IsZero() && len(c.Sockets) == 0
	over = c.EndedAt.IsZero() && len(c.Sockets) > 0
	for namespace, state := range c.Sockets {
		if noted := n.Sockets[namespace]; noted.SocketID == state.ID && state.EndedAt.IsZero() {
			state.EndedAt, state.Reason = noted.At, noted.Reason
			c.Sockets[namespace] = state
		}
		if !state.EndedAt.IsZero() {
			over = false
			due = due || state.EndedAt.Before(before)
		}
	}
	return c, due || !c.EndedAt.IsZero() && c.EndedAt.Before(before), over
}
