package conformance

import "testing"

// binaryHeader announces one attachment, and needs it.
const binaryHeader = `451-["message",{"_placeholder":true,"num":0}]`

func TestPacketsThatCloseTheConnection(t *testing.T) {
	t.Parallel()
	cases := []struct {
		clause string
		// before are frames that are answered with a noop.
		before []string
		frame  string
		// first: the connection has sent nothing yet.
		first bool
	}{
		{clause: "a first packet that is an EVENT", frame: `42["hi"]`, first: true},
		{clause: "a first packet that is an ACK", frame: `431[]`, first: true},
		{clause: "a first packet that is a DISCONNECT", frame: "41", first: true},
		{clause: "a first packet that is a binary EVENT", frame: binaryHeader, first: true},
		{clause: "an attachment before anything", frame: "bAQID", first: true},
		{clause: "a first CONNECT with a string", frame: `40"abc"`, first: true},
		{clause: "a first CONNECT with an array", frame: `40[1]`, first: true},
		{clause: "a first CONNECT with null", frame: `40null`, first: true},
		{clause: "a CONNECT with a string", frame: `40/custom,"abc"`},
		{clause: "a CONNECT with an array", frame: `40/custom,[1]`},
		{clause: "a CONNECT with null", frame: `40/custom,null`},
		{clause: "a CONNECT with a number", frame: `40/custom,true`},
		{clause: "a second CONNECT to a joined namespace", frame: "40"},
		{clause: "a CONNECT_ERROR", frame: "44"},
		{clause: "a CONNECT_ERROR with an object", frame: `44{"message":"x"}`},
		{clause: "an EVENT for a namespace not joined", frame: `42/custom,["hi"]`},
		{clause: "an EVENT for an unknown namespace", frame: `42/unknown,["hi"]`},
		{clause: "an ACK for a namespace not joined", frame: `43/custom,1[]`},
		{clause: "a DISCONNECT from a namespace not joined", frame: "41/custom,"},
		{clause: "an EVENT after its own DISCONNECT", before: []string{"41"}, frame: `42["hi"]`},
		{clause: "an ACK after its own DISCONNECT", before: []string{"41"}, frame: `431[]`},
		{clause: "a second DISCONNECT", before: []string{"41"}, frame: "41"},
		{clause: "a DISCONNECT with an object", frame: `41{"a":1}`},
		{clause: "a DISCONNECT with an array", frame: `41[]`},
		{clause: "an unknown type", frame: "47"},
		{clause: "a letter as type", frame: "4x"},
		{clause: "an empty message", frame: "4"},
		{clause: "an EVENT without name", frame: "42[]"},
		{clause: "an EVENT named null", frame: "42[null]"},
		{clause: "an EVENT named by an object", frame: "42[{}]"},
		{clause: "an EVENT named true", frame: "42[true]"},
		{clause: "an EVENT that is an object", frame: `42{"hi":1}`},
		{clause: "an EVENT that is a string", frame: `42"hi"`},
		{clause: "an EVENT named connect", frame: `42["connect"]`},
		{clause: "an EVENT named connect_error", frame: `42["connect_error"]`},
		{clause: "an EVENT named disconnect", frame: `42["disconnect"]`},
		{clause: "an EVENT named disconnecting", frame: `42["disconnecting"]`},
		{clause: "an EVENT named newListener", frame: `42["newListener"]`},
		{clause: "an EVENT named removeListener", frame: `42["removeListener"]`},
		{clause: "a reserved name with an escape", frame: `42["c\u006fnnect"]`},
		{clause: "an ACK that is an object", frame: `431{}`},
		{clause: "an ACK that is a string", frame: `431"x"`},
		{clause: "junk after the JSON", frame: `42["hi"]x`},
		{clause: "a second JSON text", frame: `42["hi"]["hi"]`},
		{clause: "JSON that breaks off", frame: `42["hi"`},
		{clause: "a stray attachment", frame: "bAQID"},
		{clause: "an attachment too many", before: []string{binaryHeader, "bAQID"}, frame: "bAQID"},
		{clause: "an attachment that is no base64", before: []string{binaryHeader}, frame: "b!"},
		{clause: "an EVENT before the attachment", before: []string{binaryHeader}, frame: `42["hi"]`},
		{clause: "a binary EVENT before the attachment", before: []string{binaryHeader}, frame: binaryHeader},
		{clause: "an EVENT between attachments", before: []string{`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bAQID"}, frame: `42["hi"]`},
		{clause: "a CONNECT before the attachment", before: []string{binaryHeader}, frame: "40/custom,"},
		{clause: "a DISCONNECT before the attachment", before: []string{binaryHeader}, frame: "41"},
		{clause: "a placeholder out of range", before: []string{`451-["message",{"_placeholder":true,"num":1}]`}, frame: "bAQID"},
		{clause: "a placeholder below zero", before: []string{`451-["message",{"_placeholder":true,"num":-1}]`}, frame: "bAQID"},
		{clause: "a placeholder that is no number", before: []string{`451-["message",{"_placeholder":true,"num":"0"}]`}, frame: "bAQID"},
		{clause: "more than ten attachments", frame: `4511-["message"]`},
		{clause: "a number of attachments that is none", frame: `45x-["message"]`},
		{clause: "no attachments, in a packet that announces some", frame: `450-["message"]`},
		{clause: "no number of attachments", frame: `45-["message"]`},
		{clause: "no number of attachments and no dash", frame: `45["message"]`},
		{clause: "attachments of an ACK that are none", frame: `46x-1[]`},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.clause, func(t *testing.T) {
				t.Parallel()
				open := s.connect
				if c.first {
					open = func(t *testing.T) *client { return s.dial(t) }
				}
				conn := open(t)
				for _, frame := range c.before {
					conn.send(frame)
					conn.until("6")
				}
				conn.send(c.frame)
				conn.expectClose()
			})
		}
	})
}
