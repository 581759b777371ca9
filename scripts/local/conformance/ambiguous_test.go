package conformance

import (
	"strings"
	"testing"
)

// Two messages of a connection may have the same request time. If they are handled
// concurrently, their order is unknown, and whatever depends on it is refused; see
// docs/adr/0007-frames-that-cannot-be-told-apart.md.

func TestAttachmentsOfOneMillisecond(t *testing.T) {
	t.Parallel()
	const (
		event   = `452-7["message-with-ack",` + placeholder0 + `,` + placeholder1 + `]`
		echo    = `462-7[` + placeholder0 + `,` + placeholder1 + `]` + one + oneMore
		refusal = `437[{"ok":false,"error":{"code":"binary_order","message":"Several attachments arrived within one millisecond, ` +
			`so their order is unknown. Send one attachment."}}]`
	)
	inBothModes(t, blurred, func(t *testing.T, s site) {
		c := s.connect(t)
		answers := map[string]int{}
		send := func() {
			c.send(event, one, oneMore)
			answer := c.skipNoops()
			if strings.HasPrefix(answer, "46") {
				answer += c.skipNoops() + c.skipNoops()
			}
			answers[answer]++
		}
		for range 10 {
			send()
		}
		if s.dispatch == serial {
			want(t, "answers", answers, map[string]int{echo: 10})
			return
		}
		for answers[refusal] == 0 {
			send()
		}
		delete(answers, echo)
		delete(answers, refusal)
		want(t, "other answers", answers, map[string]int{})
	})
}

func TestOneAttachmentAtATimeIsNeverRefused(t *testing.T) {
	t.Parallel()
	inBothModes(t, blurred, func(t *testing.T, s site) {
		c := s.connect(t)
		for range 10 {
			c.send(`451-7["echo",`+placeholder0+`]`, one)
			want(t, "answer", []string{c.skipNoops(), c.skipNoops()}, []string{`461-7[` + placeholder0 + `]`, one})
		}
	})
}

// Such packets close the connection, as a parse error does, unless their frames happen to
// have different times.
func TestPacketsOfOneMillisecond(t *testing.T) {
	t.Parallel()
	all := map[string]bool{`43/rooms,1["one"]`: true, `43/rooms,2["two"]`: true}
	inBothModes(t, blurred, func(t *testing.T, s site) {
		send := func() (heard map[string]bool, closed bool) {
			c := s.dial(t)
			c.enter()
			// "one" and "two", in base64.
			c.send(`451-/rooms,1["read",`+placeholder0+`]`, "bb25l", `451-/rooms,2["read",`+placeholder0+`]`, "bdHdv")
			heard = map[string]bool{}
			for len(heard) < len(all) {
				frame, _, err := c.read()
				if err != nil {
					c.checkClose(err)
					return heard, true
				}
				if frame != "6" {
					heard[frame] = true
				}
			}
			return heard, false
		}
		if s.dispatch == serial {
			for range 5 {
				heard, _ := send()
				want(t, "answers", heard, all)
			}
			return
		}
		for range 100 {
			if _, closed := send(); closed {
				return
			}
		}
		t.Error("a hundred times the frames were told apart")
	})
}

// skipNoops returns the next frame that is not a noop.
func (c *client) skipNoops() string {
	c.t.Helper()
	for {
		if frame := c.next(); frame != "6" {
			return frame
		}
	}
}
