package conformance

import (
	"encoding/json"
	"testing"
	"time"
)

// comeBack opens a new connection that asks for this client's session.
func (c *client) comeBack(witness *client) *client {
	c.t.Helper()
	again := c.site.dial(c.t, witness.watching())
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

// pair is somebody who leaves and comes back, and a witness who stays.
func pair(t *testing.T, s site) (leaver, witness *client, room string) {
	t.Helper()
	witness = s.dial(t)
	witness.enter()
	leaver = s.dial(t, witness.watching())
	leaver.enter()
	room = "the room of " + leaver.session.SID
	leaver.join(room)
	leaver.call("keep", `"what was kept"`)
	witness.tell(room, "heard")
	leaver.hears(`42/rooms,["told","heard","OFFSET"]`)
	return leaver, witness, room
}

// cutNoticed breaks the line of a client and waits until the server knows.
func (c *client) cutNoticed(witness *client) {
	c.t.Helper()
	c.cut()
	witness.hears(`42/rooms,["left","transport error","OFFSET"]`)
}

// welcome is what a recovered client hears after what it has missed.
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
		leaver.hears(`42/rooms,["told","recoverable","OFFSET"]`)
		witness.call("whisper", `{"room":"`+room+`","text":"volatile"}`)
		leaver.hears(`42/rooms,["told","volatile"]`)
		witness.send(`42/rooms,1["ask","` + room + `"]`)
		leaver.send(`43/rooms,` + leaver.isAsked() + `["yes"]`)
		witness.hears(`43/rooms,1["yes"]`)
	})
}

func TestASessionIsRecoveredAgainAndAgain(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		leaver, witness, room := pair(t, s)
		first := leaver.session
		for range 3 {
			leaver.cutNoticed(witness)
			witness.tell(room, "missed")
			witness.tell(first.SID, "missed too")
			witness.tell("another room than "+room, "not for us")
			witness.call("whisper", `{"room":"`+room+`","text":"volatile"}`)

			leaver = leaver.comeBack(witness)
			leaver.hears(`42/rooms,["told","missed","OFFSET"]`, `42/rooms,["told","missed too","OFFSET"]`)
			leaver.hears(welcome...)
			want(t, "sid", leaver.session.SID, first.SID)
			want(t, "pid", leaver.session.PID, first.PID)
			// Its rooms are its own again, and the session is ready for the next cut.
			witness.tell(room, "live")
			leaver.hears(`42/rooms,["told","live","OFFSET"]`)
		}
	})
}

// A client may know of the end of its connection before the server does.
func TestASessionIsRecoveredWhileTheOldConnectionSeemsOpen(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		leaver, witness, room := pair(t, s)
		before := leaver.session
		witness.tell(room, "lost on the way")
		again := leaver.comeBack(witness)
		again.hears(`42/rooms,["told","lost on the way","OFFSET"]`)
		again.hears(welcome...)
		want(t, "sid", again.session.SID, before.SID)
		leaver.hears(`42/rooms,["told","lost on the way","OFFSET"]`)
		leaver.closes()
		witness.hears(`42/rooms,["left","transport close","OFFSET"]`)
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
		again.stays()
	})
}

// The time that counts begins with the end of the connection, however old the last
// offset is then.
func TestAQuietTimeBeforeTheEndDoesNotCount(t *testing.T) {
	t.Parallel()
	inBothModes(t, forgetful, func(t *testing.T, s site) {
		leaver, witness, _ := pair(t, s)
		before := leaver.session
		time.Sleep(window + window/2) // the clause is about time itself
		again := leaver.comeBack(witness)
		again.hears(welcome...)
		want(t, "sid", again.session.SID, before.SID)
	})
}
