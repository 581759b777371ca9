package main

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

// TestAMessageOfAConnectionWritesOneUnit: the record of a connection stays below 1 KB with what a
// browser, CloudFront and API Gateway put into its request, and in twenty rooms; so it does with a
// browser that says much of itself, and behind many proxies.
func TestAMessageOfAConnectionWritesOneUnit(t *testing.T) {
	besideOthers(t)
	b := newBench(t, mode.Noop)
	ada := b.signIn()
	c := b.connect(ada)
	for range 20 {
		c.createRoom()
	}
	c.close()
	for what, value := range map[string]struct{ name, value string }{
		"an ordinary browser":        {"User-Agent", browser.Get("User-Agent")},
		"a browser with a long name": {"User-Agent", browser.Get("User-Agent") + strings.Repeat(" Example/1.0", 60)},
		"many proxies":               {"X-Forwarded-For", strings.TrimSuffix(strings.Repeat("2001:db8:85a3:8d3:1319:8a2e:370:7348, ", 20), ", ")},
		"many languages":             {"Accept-Language", strings.TrimSuffix(strings.Repeat("en-GB;q=0.9,", 60), ",")},
	} {
		headers := browser.Clone()
		headers.Set(value.name, value.value)
		c := b.connectWith(ada, headers)
		c.request("listRooms", `{}`)
		units := b.count(func() {
			c.send("3")
			c.await("6")
		}, nil).WriteUnits
		if units != 1 {
			t.Errorf("%s: a message writes %g units", what, units)
		}
		c.close()
	}
}
