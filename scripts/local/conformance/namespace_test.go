package conformance

import "testing"

func TestNamespacesShareAConnection(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		root := c.session.SID
		c.send("40/foo,")
		c.expect(`40/foo,{"sid":"ID","pid":"ID"}`)
		foo := c.session.SID
		if root == foo {
			t.Error("two sockets have one id")
		}
		answers := func(frame, answer string) {
			t.Helper()
			c.send(frame)
			want(t, frame, c.next(), answer)
		}
		answers(`421["getId"]`, `431["`+root+`"]`)
		answers(`42/foo,1["getId"]`, `43/foo,1["`+foo+`"]`)

		t.Run("a DISCONNECT leaves the others", func(t *testing.T) {
			answers("41/foo,", "6")
			answers(`422["getId"]`, `432["`+root+`"]`)
		})
		t.Run("a namespace that was left may be joined again, with a new socket", func(t *testing.T) {
			c.send("40/foo,")
			c.expect(`40/foo,{"sid":"ID","pid":"ID"}`)
			if c.session.SID == foo {
				t.Error("the new socket has the old id")
			}
			answers(`42/foo,3["getId"]`, `43/foo,3["`+c.session.SID+`"]`)
		})
		t.Run("the root may be left", func(t *testing.T) {
			answers("41", "6")
			answers(`42/foo,4["getId"]`, `43/foo,4["`+c.session.SID+`"]`)
		})
		t.Run("a packet to what was left closes all", func(t *testing.T) {
			c.send(`425["getId"]`)
			c.expectClose()
		})
	})
}
