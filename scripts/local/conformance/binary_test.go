package conformance

import (
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// Attachments, as a client with forceBase64 sends them.
const (
	one, oneMore, none = "bAQID", "bBAUG", "b"
	placeholder0       = `{"_placeholder":true,"num":0}`
	placeholder1       = `{"_placeholder":true,"num":1}`
)

// expectAnswers expects a number of noops, and these frames in their order. Each part of a
// packet is a message of its own, so the noops may come anywhere among the answers. A noop of
// the client is answered with nothing, of which API Gateway makes an empty frame.
func (c *client) expectAnswers(noops int, frames ...string) {
	c.t.Helper()
	var got []string
	for len(got) < len(frames) || noops > 0 {
		if frame := c.next(); frame != "6" && frame != "" {
			got = append(got, mask(frame))
		} else {
			noops--
		}
	}
	want(c.t, "answers", got, frames)
	want(c.t, "noops too many", -noops, 0)
}

// many returns an event or an acknowledgement with n attachments.
func many(head string, n int) []string {
	var placeholders, attachments []string
	for i := range n {
		placeholders = append(placeholders, `{"_placeholder":true,"num":`+strconv.Itoa(i)+`}`)
		attachments = append(attachments, one)
	}
	return append([]string{head + strings.Join(placeholders, ",") + "]"}, attachments...)
}

func TestBinaryPackets(t *testing.T) {
	t.Parallel()
	cases := []struct {
		clause string
		send   []string
		noops  int
		hear   []string
	}{
		{"a server's EVENT", []string{`42["doge"]`}, 1, []string{`451-["doge",` + placeholder0 + `,"OFFSET"]`, "bYXNkZmFzZGY="}},
		{"an EVENT with an attachment", []string{`451-["buffa",` + placeholder0 + `]`, one}, 2, []string{`42["buffack","OFFSET"]`}},
		{
			"an attachment inside an object", []string{`451-["jsonbuff",{"hello":"lol","message":` + placeholder0 + `,"goodbye":"gotcha"}]`, one},
			2, []string{`42["jsonbuff-ack","OFFSET"]`},
		},
		{
			"an EVENT and what it makes the server emit", []string{`451-["message",` + placeholder0 + `]`, one},
			2, []string{`451-["message-back",` + placeholder0 + `,"OFFSET"]`, one},
		},
		{
			"an acknowledgement", []string{`451-7["echo",` + placeholder0 + `]`, one},
			2, []string{`461-7[` + placeholder0 + `]`, one},
		},
		{
			"two attachments", []string{`452-7["message-with-ack",` + placeholder0 + `,"x",` + placeholder1 + `]`, one, oneMore},
			3, []string{`462-7[` + placeholder0 + `,"x",` + placeholder1 + `]`, one, oneMore},
		},
		{
			"placeholders in another order", []string{`452-7["message-with-ack",` + placeholder1 + `,` + placeholder0 + `]`, one, oneMore},
			3, []string{`462-7[` + placeholder0 + `,` + placeholder1 + `]`, oneMore, one},
		},
		{"an empty attachment", []string{`451-7["echo",` + placeholder0 + `]`, none}, 2, []string{`461-7[` + placeholder0 + `]`, none}},
		{"ten attachments", many(`4510-7["message-with-ack",`, 10), 11, many(`4610-7[`, 10)},
		{
			"pongs and noops in between", []string{`452-7["message-with-ack",` + placeholder0 + `,` + placeholder1 + `]`, "3", one, "6", "3", oneMore},
			6, []string{`462-7[` + placeholder0 + `,` + placeholder1 + `]`, one, oneMore},
		},
		{"an unexpected acknowledgement", []string{`461-99[` + placeholder0 + `]`, one}, 2, nil},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.clause, func(t *testing.T) {
				t.Parallel()
				for how, send := range map[string]func(*client){
					"at once": func(conn *client) {
						conn.send(c.send...)
						conn.expectAnswers(c.noops, c.hear...)
					},
					"one frame after the other": func(conn *client) {
						last := len(c.send) - 1
						for _, frame := range c.send[:last] {
							conn.send(frame)
							conn.expectAnswers(1)
						}
						conn.send(c.send[last])
						conn.expectAnswers(c.noops-last, c.hear...)
					},
				} {
					t.Run(how, func(t *testing.T) {
						conn := s.connect(t)
						send(conn)
						conn.expectAlive()
					})
				}
			})
		}
	})
}

func TestBinaryEventsAreInOrder(t *testing.T) {
	t.Parallel()
	first := []string{`451-["abuff1",` + placeholder0 + `]`, one}
	second := []string{`451-["abuff2",` + placeholder0 + `]`, oneMore}
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		c.send(first...)
		if s.dispatch == concurrent {
			c.expectAnswers(2) // what is always told apart is what is sent alone
			c.send(second...)
			c.expectAnswers(2, `42["abuff2-ack","OFFSET"]`)
		} else {
			c.send(second...)
			c.expectAnswers(4, `42["abuff2-ack","OFFSET"]`)
		}
		c.expectAlive()
	})
}

func TestABinaryFrameIsClosedByAPIGateway(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.connect(t)
		if err := c.conn.Write(c.ctx, websocket.MessageBinary, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
		_, _, err := c.read()
		want(t, "status", websocket.CloseStatus(err), websocket.StatusUnsupportedData)
	})
}
