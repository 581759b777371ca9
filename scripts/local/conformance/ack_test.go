package conformance

import (
	"regexp"
	"slices"
	"strconv"
	"testing"
)

func TestEventsAreAcknowledged(t *testing.T) {
	t.Parallel()
	cases := []struct{ clause, frame, answer string }{
		{"with one value", `421["echo","x"]`, `431["x"]`},
		{"with nothing", `421["echo"]`, `431[]`},
		{"with several values", `421["message-with-ack",1,"2",{"3":[false]},null]`, `431[1,"2",{"3":[false]},null]`},
		{"with the id 0", `420["echo","x"]`, `430["x"]`},
		{"with a large id", `42123456789["echo","x"]`, `43123456789["x"]`},
		{"in another alphabet", `421["echo","てすと Я ä \u2028 —"]`, `431["てすと Я ä \u2028 —"]`},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.clause, func(t *testing.T) {
				conn := s.connect(t)
				conn.send(c.frame)
				conn.expect(c.answer)
				conn.expectAlive()
			})
		}
	})
}

func TestEachEventHasItsOwnAcknowledgement(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		var got, all []string
		for i := range 9 {
			n := strconv.Itoa(i)
			c.send(`42` + n + `["echo","answer ` + n + `"]`)
			all = append(all, `43`+n+`["answer `+n+`"]`)
		}
		for range all {
			got = append(got, c.next())
		}
		if s.dispatch == concurrent {
			slices.Sort(got)
		}
		want(t, "acknowledgements", got, all)
	})
}

func TestWhatAHandlerEmitsLeavesBeforeItsAcknowledgement(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		c.send(`42["message",1,{"a":[null]}]`)
		c.expect(`42["message-back",1,{"a":[null]},"OFFSET"]`, "6")
		c.send(`42["getUtf8"]`)
		c.expect(
			`42["takeUtf8","てすと","OFFSET"]`,
			`42["takeUtf8","Я Б Г Д Ж Й","OFFSET"]`,
			`42["takeUtf8","Ä ä Ü ü ß","OFFSET"]`,
			`42["takeUtf8","utf8 — string","OFFSET"]`,
			`42["takeUtf8","utf8 — string","OFFSET"]`,
			"6")
	})
}

var asked = regexp.MustCompile(`^42(?:/rooms,)?(\d+)\["(?:ack|question)"\]$`)

// expectQuestion expects an event that asks for an acknowledgement, without an offset. It
// returns the packet's id.
func (c *client) expectQuestion() string {
	c.t.Helper()
	frame := c.next()
	m := asked.FindStringSubmatch(frame)
	if m == nil {
		c.t.Fatalf("%s asks for no acknowledgement", frame)
	}
	if _, err := strconv.ParseInt(m[1], 10, 32); err != nil {
		c.t.Errorf("the id %s does not fit 32 bits", m[1])
	}
	return m[1]
}

func TestAServersEventIsAcknowledged(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		c.send(`42["ack"]`)
		id := c.expectQuestion()
		c.expect("6")
		t.Run("by another value", func(t *testing.T) {
			c.send(`43` + id + `[6,{"test":true}]`)
			c.expect("6")
		})
		t.Run("in another namespace", func(t *testing.T) {
			c.send("40/valid,")
			c.expect(`40/valid,{"sid":"ID","pid":"ID"}`)
			c.send(`43/valid,` + id + `[5,{"test":true}]`)
			c.expect("6")
		})
		t.Run("by what the handler waits for", func(t *testing.T) {
			c.send(`43` + id + `[5,{"test":true}]`)
			c.expect(`42["got it","OFFSET"]`, "6")
		})
		c.expectAlive()
	})
}

func TestAHandlerWaitsForAnotherClientsAcknowledgement(t *testing.T) {
	t.Parallel()
	cases := []struct {
		clause string
		// answer follows "43" or "461-", the namespace and the id.
		head, tail string
		attachment []string
		heard      []string
	}{
		{"of values", "43/rooms,", `["yes",{"n":1}]`, nil, []string{`43/rooms,1["yes",{"n":1}]`}},
		{"of nothing", "43/rooms,", `[]`, nil, []string{`43/rooms,1[]`}},
		{
			"of bytes", "461-/rooms,", `[{"_placeholder":true,"num":0}]`, []string{"bAQID"},
			[]string{`461-/rooms,1[{"_placeholder":true,"num":0}]`, "bAQID", "6"},
		},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, k := range cases {
			t.Run(k.clause, func(t *testing.T) {
				t.Parallel()
				asker, answerer := s.dial(t), s.dial(t)
				asker.enter()
				answerer.enter()
				asker.send(`42/rooms,1["ask","` + answerer.session.SID + `"]`)
				answerer.send(append([]string{k.head + answerer.expectQuestion() + k.tail}, k.attachment...)...)
				asker.expect(k.heard...)
			})
		}
	})
}
