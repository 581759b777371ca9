package conformance

import "testing"

func TestPacketsThatAreAccepted(t *testing.T) {
	t.Parallel()
	cases := []struct {
		clause, frame string
		// answer has the answering frames: a noop if there is nothing to say.
		answer []string
	}{
		{"an EVENT without payload", "42", []string{"6"}},
		{"an EVENT named by a number", "42[1,2]", []string{"6"}},
		{"an EVENT named error", `42["error","x"]`, []string{"6"}},
		{"an EVENT without a handler", `42["unheard of"]`, []string{"6"}},
		{"an EVENT with white space in its JSON", `421[ "echo" , 1 ]`, []string{"431[1]"}},
		{"an ACK without payload", "431", []string{"6"}},
		{"an unexpected ACK", `4399[1]`, []string{"6"}},
		{"an ACK with the largest id of a Java client", `432147483647[1]`, []string{"6"}},
		{"a CONNECT without a comma", "40/custom", []string{`40/custom,{"sid":"ID","pid":"ID"}`, `42/custom,["auth",{},"OFFSET"]`, "6"}},
		{"a CONNECT without payload", "40/custom,", []string{`40/custom,{"sid":"ID","pid":"ID"}`, `42/custom,["auth",{},"OFFSET"]`, "6"}},
		{"a CONNECT with an empty object", "40/valid,{}", []string{`40/valid,{"sid":"ID","pid":"ID"}`}},
		{"an unknown namespace", "40/unknown,", []string{`44/unknown,{"message":"Invalid namespace"}`}},
		{"an unknown namespace without a comma", "40/unknown", []string{`44/unknown,{"message":"Invalid namespace"}`}},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.clause, func(t *testing.T) {
				t.Parallel()
				conn := s.connect(t)
				conn.send(c.frame)
				conn.expect(c.answer...)
				conn.expectAlive()
			})
		}
	})
}

func TestAnUnknownNamespaceDoesNotKeepFromOthers(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.dial(t)
		c.send("40/unknown,")
		c.expect(`44/unknown,{"message":"Invalid namespace"}`)
		c.send("40/valid,")
		c.expect(`40/valid,{"sid":"ID","pid":"ID"}`)
	})
}
