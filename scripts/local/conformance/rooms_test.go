package conformance

import (
	"fmt"
	"strconv"
)

// What clients do in the namespace /rooms of the application.

// enter connects to /rooms with a new session.
func (c *client) enter() {
	c.t.Helper()
	reply := `40/rooms,{"sid":"ID","pid":"ID"}`
	if !c.site.recovery {
		reply = `40/rooms,{"sid":"ID"}`
	}
	c.send("40/rooms,")
	want(c.t, "reply", mask(c.until("40/rooms,")), reply)
}

// join enters a room.
func (c *client) join(room string) {
	c.t.Helper()
	c.call("join", strconv.Quote(room))
}

// watcherQuery is the query of a connection whose ends of sockets the client is told.
func (c *client) watcherQuery() string { return "&watcher=" + c.session.SID }

// tell emits to a room of other clients.
func (c *client) tell(room, text string) {
	c.t.Helper()
	c.call("tell", fmt.Sprintf(`{"room":%q,"text":%q}`, room, text))
}

// call emits an event and awaits its acknowledgement.
func (c *client) call(event, argument string) {
	c.t.Helper()
	c.send(fmt.Sprintf(`42/rooms,7[%q,%s]`, event, argument))
	if got := c.until("43"); got != `43/rooms,7[]` {
		c.t.Fatalf("%s: %s", event, got)
	}
}
