package conformance

import (
	"testing"

	"github.com/coder/websocket"
)

func TestReasonsOfAnEnding(t *testing.T) {
	t.Parallel()
	cases := []struct {
		ending string
		end    func(c *client)
		reason string
	}{
		{"a line that breaks", func(c *client) { c.cut() }, "transport error"},
		{"a client that closes the WebSocket", func(c *client) { _ = c.conn.Close(websocket.StatusNormalClosure, "") }, "transport close"},
		{"a page that is left", func(c *client) { _ = c.conn.Close(websocket.StatusGoingAway, "") }, "transport close"},
		{"an Engine.IO close", func(c *client) { c.send("1") }, "transport close"},
		{"a DISCONNECT", func(c *client) { c.send("41/rooms,"); c.expect("6") }, "client namespace disconnect"},
		{"a packet that the protocol forbids", func(c *client) { c.send("47") }, "forced close"},
		{"a packet at the wrong time", func(c *client) { c.send("42/none,[1]") }, "forced server close"},
		{"a frame that the protocol forbids", func(c *client) { c.send("2") }, "parse error"},
		{"a frame that API Gateway forbids", func(c *client) {
			_ = c.conn.Write(c.ctx, websocket.MessageBinary, []byte{1})
		}, "parse error"},
		{"a server that disconnects the socket", func(c *client) {
			other := c.site.dial(c.t)
			other.enter()
			other.call("expel", `"`+c.session.SID+`"`)
			c.expect("41/rooms,")
		}, "server namespace disconnect"},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.ending, func(t *testing.T) {
				t.Parallel()
				watcher := s.dial(t)
				watcher.enter()
				leaver := s.dial(t, watcher.watcherQuery())
				leaver.enter()
				c.end(leaver)
				watcher.expect(`42/rooms,["left","` + c.reason + `","OFFSET"]`)
			})
		}
	})
}
