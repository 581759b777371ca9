package realtimetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/confab-chat/confab/shared/realtime"
)

// Expect takes the first event of this name from those received. An argument that is a
// pointer is decoded from the event's; any other must be equal to it, in JSON. Arguments that
// are not given do not matter. The test ends if there is no such event, or its arguments
// differ.
func (c *Client) Expect(event string, args ...any) {
	t := c.conn.server.t
	t.Helper()
	received, found := c.takeEvent(event)
	if !found {
		t.Fatalf("%s of %s was not received: there is %s", event, c.namespace, c.describe())
	}
	for i, arg := range args {
		if err := match(received.Args, i, arg); err != nil {
			t.Fatalf("%v: argument %d: %v", received, i+1, err)
		}
	}
}

// takeEvent removes the first event of a name from the inbox.
func (c *Client) takeEvent(name string) (Event, bool) {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	i := slices.IndexFunc(c.inbox, func(e Event) bool { return e.Name == name })
	if i < 0 {
		return Event{}, false
	}
	e := c.inbox[i]
	c.inbox = slices.Delete(c.inbox, i, i+1)
	return e, true
}

// match compares argument i with what is expected, or decodes it.
func match(args realtime.Args, i int, expected any) error {
	if i >= len(args) {
		return errors.New("there is none")
	}
	if reflect.TypeOf(expected) != nil && reflect.TypeOf(expected).Kind() == reflect.Pointer {
		return args.Decode(i, expected)
	}
	encoded, err := json.Marshal(expected)
	if err != nil {
		return err
	}
	var got, want any
	if err := errors.Join(args.Decode(i, &got), realtime.Args{encoded}.Decode(0, &want)); err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

// Received returns and forgets the events that were received and neither taken by Expect nor
// handled by On, in order.
func (c *Client) Received() []Event {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	events := c.inbox
	c.inbox = nil
	return events
}

// ExpectNone fails the test if there is anything that [Client.Received] would return.
func (c *Client) ExpectNone() {
	c.conn.server.t.Helper()
	if events := c.Received(); len(events) > 0 {
		c.conn.server.t.Errorf("%s received %v", c.namespace, events)
	}
}

func (c *Client) describe() string {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	if len(c.inbox) == 0 {
		return "no event"
	}
	var names []string
	for _, e := range c.inbox {
		names = append(names, e.String())
	}
	return strings.Join(names, ", ")
}
