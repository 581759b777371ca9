package conformance

import "testing"

// If the gateway sends no frame for an empty answer, clients get the same frames as from the
// reference server.
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
		{"an EVENT without a handler", []string{`42["unheard of"]`}, nil},
		{"an EVENT without a handler that wants an acknowledgement", []string{`421["unheard of"]`}, nil},
		{"an unexpected ACK", []string{"4399[1]"}, nil},
		{"a pong", []string{"3"}, nil},
		{"a binary EVENT", []string{`451-["buffa",{"_placeholder":true,"num":0}]`, "bAQID"}, []string{`42["buffack"]`}},
	}
	inBothModes(t, silent, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				t.Parallel()
				conn := s.dial(t)
				conn.send("40")
				conn.expect(`40{"sid":"ID"}`, `42["auth",{}]`)
				conn.send(c.send...)
				conn.expect(c.answer...)
				conn.expectAlive()
			})
		}
	})
}
