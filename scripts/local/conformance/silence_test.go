package conformance

import "testing"

// Where the gateway sends nothing for an empty answer, clients hear what the reference
// server says and nothing else.
func TestWithoutEmptyFramesThereAreNoNoops(t *testing.T) {
	t.Parallel()
	cases := []struct {
		what   string
		send   []string
		answer []string
	}{
		{"a CONNECT whose handler speaks", []string{"40/custom,"}, []string{`40/custom,{"sid":"ID"}`, `42/custom,["auth",{}]`}},
		{"a CONNECT whose handler is silent", []string{"40/valid,"}, []string{`40/valid,{"sid":"ID"}`}},
		{"an EVENT whose handler speaks", []string{`42["hi"]`}, []string{`42["hi"]`}},
		{"an EVENT that nobody handles", []string{`42["unheard of"]`}, nil},
		{"an EVENT that nobody handles and wants an acknowledgement", []string{`421["unheard of"]`}, nil},
		{"an ACK that nobody waits for", []string{"4399[1]"}, nil},
		{"a pong", []string{"3"}, nil},
		{"a binary EVENT", []string{`451-["buffa",{"_placeholder":true,"num":0}]`, "bAQID"}, []string{`42["buffack"]`}},
	}
	inBothModes(t, silent, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				t.Parallel()
				conn := s.dial(t)
				conn.send("40")
				conn.hears(`40{"sid":"ID"}`, `42["auth",{}]`)
				conn.send(c.send...)
				conn.hears(c.answer...)
				conn.stays()
			})
		}
	})
}
