package conformance

import (
	"testing"
	"time"
)

// A client that comes back and cannot be recovered gets a new session, and no error.
func TestWhoGetsAFreshSession(t *testing.T) {
	t.Parallel()
	cases := []struct {
		who string
		// end ends the leaver's socket and returns the auth of the next CONNECT.
		end func(t *testing.T, leaver, witness *client) string
	}{
		{"a client that tells no offset", func(t *testing.T, leaver, witness *client) string {
			leaver.cutAndWait(witness)
			return `{"pid":"` + leaver.session.PID + `"}`
		}},
		{"a client that tells no pid", func(t *testing.T, leaver, witness *client) string {
			leaver.cutAndWait(witness)
			return `{"offset":"` + leaver.session.Offset + `"}`
		}},
		{"a client that tells neither", func(t *testing.T, leaver, witness *client) string {
			leaver.cutAndWait(witness)
			return ""
		}},
		{"a client with an unknown pid", func(t *testing.T, leaver, witness *client) string {
			leaver.cutAndWait(witness)
			return `{"pid":"guessed","offset":"` + leaver.session.Offset + `"}`
		}},
		{"a client whose auth has a pid of another form", func(t *testing.T, leaver, witness *client) string {
			leaver.cutAndWait(witness)
			return `{"pid":5,"offset":["` + leaver.session.Offset + `"]}`
		}},
		{"a client that disconnected", func(t *testing.T, leaver, witness *client) string {
			leaver.send("41/rooms,")
			leaver.expect("6")
			witness.expect(`42/rooms,["left","client namespace disconnect","OFFSET"]`)
			return leaver.session.auth(t)
		}},
		{"a client that was disconnected", func(t *testing.T, leaver, witness *client) string {
			other := leaver.site.dial(t)
			other.enter()
			other.call("expel", `"`+leaver.session.SID+`"`)
			leaver.expect("41/rooms,")
			witness.expect(`42/rooms,["left","server namespace disconnect","OFFSET"]`)
			return leaver.session.auth(t)
		}},
		{"a client that broke the protocol", func(t *testing.T, leaver, witness *client) string {
			leaver.send("2")
			leaver.expectClose()
			witness.expect(`42/rooms,["left","parse error","OFFSET"]`)
			return leaver.session.auth(t)
		}},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.who, func(t *testing.T) {
				t.Parallel()
				leaver, witness, room := pair(t, s)
				auth := c.end(t, leaver, witness)
				witness.tell(room, "missed")
				expectFresh(t, leaver, auth)
			})
		}
	})
}

func TestAClientThatComesTooLateGetsAFreshSession(t *testing.T) {
	t.Parallel()
	inBothModes(t, forgetful, func(t *testing.T, s site) {
		leaver, witness, room := pair(t, s)
		leaver.cutAndWait(witness)
		witness.tell(room, "missed")
		time.Sleep(window) // the clause is about time itself
		expectFresh(t, leaver, leaver.session.auth(t))
	})
}

func TestASessionBelongsToItsNamespace(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		leaver, witness, _ := pair(t, s)
		leaver.cutAndWait(witness)
		c := s.dial(t)
		c.send("40/valid," + leaver.session.auth(t))
		c.expect(`40/valid,{"sid":"ID","pid":"ID"}`)
		if c.session.SID == leaver.session.SID || c.session.PID == leaver.session.PID {
			t.Error("the session of one namespace was recovered in another")
		}
	})
}

func TestWithoutRecoveryASessionCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	inBothModes(t, blurred, func(t *testing.T, s site) {
		c := s.dial(t)
		c.send(`40{"pid":"x","offset":"y"}`)
		c.expect(`40{"sid":"ID"}`, `42["auth",{"offset":"y","pid":"x"}]`, "6")
	})
}

// expectFresh expects that a client that comes back with some auth gets a new session.
func expectFresh(t *testing.T, leaver *client, auth string) {
	t.Helper()
	c := leaver.site.dial(t)
	c.send("40/rooms," + auth)
	c.expect(`40/rooms,{"sid":"ID","pid":"ID"}`)
	if c.session.SID == leaver.session.SID || c.session.PID == leaver.session.PID {
		t.Error("the session was recovered")
	}
	// It gets no packets of the old session.
	c.send(`42/rooms,7["join","x"]`)
	c.expect(`43/rooms,7[]`)
}
