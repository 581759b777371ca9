package conformance

import (
	"encoding/json"
	"testing"
	"time"
)

// comeBack opens a new connection that asks to recover this client's session.
func (c *client) comeBack(witness *client) *client {
	c.t.Helper()
	again := c.site.dial(c.t, witness.watcherQuery())
	again.session = c.session
	again.send("40/rooms," + c.session.auth(c.t))
	return again
}

// auth is the payload of a CONNECT that asks for a session.
func (s session) auth(t *testing.T) string {
	t.Helper()
	auth, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(auth)
}

// pair returns a client that will leave and come back, and a witness that stays.
func pair(t *testing.T, s site) (leaver, witness *client, room string) {
	t.Helper()
	witness = s.dial(t)
	witness.enter()
	leaver = s.dial(t, witness.watcherQuery())
	leaver.enter()
	room = "the room of " + leaver.session.SID
	leaver.join(room)
	leaver.call("keep", `"what was kept"`)
	witness.tell(room, "heard")
	leaver.expect(`42/rooms,["told","heard","OFFSET"]`)
	return leaver, witness, room
}

// cutAndWait breaks the connection and waits until the server knows.
func (c *client) cutAndWait(witness *client) {
	c.t.Helper()
	c.cut()
	witness.expect(`42/rooms,["left","transport error","OFFSET"]`)
}

// welcome has the frames that a recovered client gets after the missed ones.
var welcome = []string{
	`40/rooms,{"sid":"ID","pid":"ID"}`,
	`42/rooms,["recovered",{"rooms":2,"data":"what was kept"},"OFFSET"]`,
	"6",
}

func TestOffsetsAreTheLastArgumentOfWhatCanBeRecovered(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		leaver, witness, room := pair(t, s)
		witness.tell(room, "recoverable")
		leaver.expect(`42/rooms,["told","recoverable","OFFSET"]`)
		witness.call("whisper", `{"room":"`+room+`","text":"volatile"}`)
		leaver.expect(`42/rooms,["told","volatile"]`)
		witness.send(`42/rooms,1["ask","` + room + `"]`)
		leaver.send(`43/rooms,` + leaver.expectQuestion() + `["yes"]`)
		witness.expect(`43/rooms,1["yes"]`)
	})
}

func TestASessionIsRecoveredAgainAndAgain(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		leaver, witness, room := pair(t, s)
		first := leaver.session
		for range 3 {
			leaver.cutAndWait(witness)
			witness.tell(room, "missed")
			witness.tell(first.SID, "missed too")
			witness.tell("another room than "+room, "not for us")
			witness.call("whisper", `{"room":"`+room+`","text":"volatile"}`)

			leaver = leaver.comeBack(witness)
			leaver.expect(`42/rooms,["told","missed","OFFSET"]`, `42/rooms,["told","missed too","OFFSET"]`)
			leaver.expect(welcome...)
			want(t, "sid", leaver.session.SID, first.SID)
			want(t, "pid", leaver.session.PID, first.PID)
			// It is in its rooms again, and can be recovered again.
			witness.tell(room, "live")
			leaver.expect(`42/rooms,["told","live","OFFSET"]`)
		}
	})
}

// A client may notice the end of its connection before the server does.
func TestASessionIsRecoveredWhileTheOldConnectionSeemsOpen(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		leaver, witness, room := pair(t, s)
		before := leaver.session
		witness.tell(room, "lost on the way")
		again := leaver.comeBack(witness)
		again.expect(`42/rooms,["told","lost on the way","OFFSET"]`)
		again.expect(welcome...)
		want(t, "sid", again.session.SID, before.SID)
		leaver.expect(`42/rooms,["told","lost on the way","OFFSET"]`)
		leaver.expectClose()
		witness.expect(`42/rooms,["left","transport close","OFFSET"]`)
	})
}

func TestTheConnectionHandlerEmitsAfterTheMissedPackets(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		before := c.session
		c.cut()
		again := s.dial(t)
		again.send(`40{"token":"t","pid":"` + before.PID + `","offset":"` + before.Offset + `"}`)
		again.until("40")
		want(t, "sid", again.session.SID, before.SID)
		again.until(`42["auth",{`)
		again.until("6")
		again.expectAlive()
	})
}

// The window begins at the end of the connection, not at the last offset.
func TestAQuietTimeBeforeTheEndDoesNotCount(t *testing.T) {
	t.Parallel()
	inBothModes(t, forgetful, func(t *testing.T, s site) {
		leaver, witness, _ := pair(t, s)
		before := leaver.session
		time.Sleep(window + window/2) // the clause is about time itself
		again := leaver.comeBack(witness)
		again.expect(welcome...)
		want(t, "sid", again.session.SID, before.SID)
	})
}
