package conformance

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConnectFlow(t *testing.T) {
	t.Parallel()
	cases := []struct {
		clause, query, frame string
		// answer has all frames of the answer, in order.
		answer []string
	}{
		{
			"the CONNECT reply comes before what the connection handler emits", "", "40",
			[]string{`40{"sid":"ID","pid":"ID"}`, `42["auth",{},"OFFSET"]`, "6"},
		},
		{
			"auth is the payload of CONNECT", "", `40{"token":"abc","n":[1,{"x":null}]}`,
			[]string{`40{"sid":"ID","pid":"ID"}`, `42["auth",{"n":[1,{"x":null}],"token":"abc"},"OFFSET"]`, "6"},
		},
		{
			"auth of a namespace", "", `40/custom,{"token":"abc"}`,
			[]string{`40/custom,{"sid":"ID","pid":"ID"}`, `42/custom,["auth",{"token":"abc"},"OFFSET"]`, "6"},
		},
		{
			"auth is never in the URL", "&token=abc", `40`,
			[]string{`40{"sid":"ID","pid":"ID"}`, `42["auth",{},"OFFSET"]`, "6"},
		},
		{
			"the socket is in its own room when the handler runs", "", "40/greeting,",
			[]string{`40/greeting,{"sid":"ID","pid":"ID"}`, `42/greeting,["to your room","OFFSET"]`, `42/greeting,["to you","OFFSET"]`, "6"},
		},
		{
			"a middleware's error", "", "40/no,",
			[]string{`44/no,{"message":"Auth failed (custom namespace)"}`},
		},
		{
			"a middleware's error with data", "", "40/refusing,",
			[]string{`44/refusing,{"data":{"minutes":5},"message":"Come back later."}`},
		},
		{
			"a middleware sees the query", "&fail=1", "40",
			[]string{`44{"message":"Auth failed (main namespace)"}`},
		},
	}
	inBothModes(t, steady, func(t *testing.T, s site) {
		for _, c := range cases {
			t.Run(c.clause, func(t *testing.T) {
				t.Parallel()
				conn := s.dial(t, c.query)
				conn.send(c.frame)
				conn.expect(c.answer...)
				// There were no other frames, and the connection still works.
				conn.send("40/valid,")
				conn.expect(`40/valid,{"sid":"ID","pid":"ID"}`)
			})
		}
	})
}

func TestTheIDsOfASocket(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.dial(t)
		seen := map[string]bool{c.open.SID: true}
		for _, namespace := range []string{"/valid", "/asd", "/foo"} {
			c.send("40" + namespace)
			c.until("40" + namespace)
			seen[c.session.SID], seen[c.session.PID] = true, true
		}
		want(t, "different ids, of which the connection's own is secret", len(seen), 1+2*3)
		c.send(`42/foo,1["getId"]`)
		want(t, "the server's id is the client's", c.next(), `43/foo,1["`+c.session.SID+`"]`)
	})
}

func TestThereIsAPIDOnlyWithRecovery(t *testing.T) {
	t.Parallel()
	inBothModes(t, blurred, func(t *testing.T, s site) {
		c := s.dial(t)
		c.send("40")
		c.expect(`40{"sid":"ID"}`, `42["auth",{}]`, "6")
	})
}

func TestTheHandshakeThatHandlersSee(t *testing.T) {
	t.Parallel()
	inBothModes(t, steady, func(t *testing.T, s site) {
		c := s.dial(t, "&room=tea")
		c.send(`40/abc,{"token":"x"}`)
		c.expect(`40/abc,{"sid":"ID","pid":"ID"}`)
		frame := c.next()
		var event []json.RawMessage
		var got struct {
			Secure, XDomain bool
			Query           map[string]string
			Auth            map[string]string
			URL, Time       string
			Issued          int64
		}
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(frame, "42/abc,")), &event); err != nil || len(event) != 3 {
			t.Fatalf("%s: %v", frame, err)
		}
		for _, v := range []any{&got, &fields} {
			if err := json.Unmarshal(event[1], v); err != nil {
				t.Fatal(err)
			}
		}
		want(t, "fields", slices.Sorted(maps.Keys(fields)),
			[]string{"address", "auth", "headers", "issued", "query", "secure", "time", "url", "xdomain"})
		want(t, "query", got.Query, map[string]string{"EIO": "4", "transport": "websocket", "room": "tea"})
		want(t, "auth", got.Auth, map[string]string{"token": "x"})
		want(t, "cross-domain", got.XDomain, false)
		at := time.UnixMilli(got.Issued).UTC().Format("Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)")
		want(t, "time", got.Time, at)
		if !strings.Contains(got.URL, "room=tea") {
			t.Errorf("url %s", got.URL)
		}
		c.expect("6")
	})
}
