package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// The rules of Engine.IO 4 and Socket.IO 5, one row each.

func TestWhatTheProtocolForbidsClosesTheConnectionAndOnlyThat(t *testing.T) {
	binary := "451-[\"x\",{\"_placeholder\":true,\"num\":0}]"
	cases := []struct {
		rule   string
		frames []string
		// fresh: on a connection that has not sent CONNECT.
		fresh bool
	}{
		{"a first packet that is not CONNECT", []string{`42["hi"]`}, true},
		{"a DISCONNECT before any CONNECT", []string{"41"}, true},
		{"a second CONNECT to a joined namespace", []string{"40"}, false},
		{"a CONNECT_ERROR from a client", []string{`44{"message":"x"}`}, false},
		{"a packet for a namespace not joined", []string{`42/other,["hi"]`}, false},
		{"a packet after its own DISCONNECT", []string{"41", `42["hi"]`}, false},
		{"a CONNECT with a string", []string{`40/other,"abc"`}, false},
		{"a CONNECT with an array", []string{`40/other,[1]`}, false},
		{"a CONNECT with null", []string{`40/other,null`}, false},
		{"an unknown packet type", []string{"47"}, false},
		{"an empty message", []string{"4"}, false},
		{"an event without name", []string{"42[]"}, false},
		{"an event named null", []string{"42[null]"}, false},
		{"a reserved event name", []string{`42["connect"]`}, false},
		{"an ACK that is no array", []string{"431{}"}, false},
		{"a DISCONNECT with payload", []string{`41{"a":1}`}, false},
		{"junk after the JSON", []string{`42["a"]x`}, false},
		{"invalid JSON", []string{`42["a"`}, false},
		{"a stray attachment", []string{"bAQID"}, false},
		{"text between attachments", []string{binary, `42["hi"]`}, false},
		{"a placeholder out of range", []string{`451-["x",{"_placeholder":true,"num":1}]`, "bAQID"}, false},
		{"more than ten attachments", []string{`4511-["x"]`}, false},
		{"a malformed number of attachments", []string{`45x-["x"]`}, false},
		{"no number of attachments", []string{`45["x"]`}, false},
		{"bad base64", []string{"b!"}, false},
		{"a ping, which only servers send", []string{"2"}, false},
		{"a transport probe", []string{"2probe"}, false},
		{"an unknown frame", []string{"7"}, false},
		{"an empty frame", []string{""}, false},
		{"a close", []string{"1"}, false},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.Of("/other")
			f.HandleAny(func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
			f.connect("bystander")
			f.open("offender")
			if !c.fresh {
				f.join("offender", "40")
			}
			for i, frame := range c.frames {
				f.clock.Advance(time.Millisecond)
				if reply := f.send("offender", frame); reply != "6" {
					t.Errorf("%s was answered with %q", frame, reply)
				}
				if last := i == len(c.frames)-1; f.gateway.Closed("offender") != last {
					t.Errorf("after %s closed is %v", frame, !last)
				}
			}
			want(t, "the bystander is closed", f.gateway.Closed("bystander"), false)
			want(t, "the bystander hears", f.gateway.Take("bystander"), []string(nil))
			members, err := f.store.Members(t.Context(), "/", store.Everyone)
			if err != nil {
				t.Fatal(err)
			}
			want(t, "sockets left", len(members), 1)
		})
	}
}

func TestAClientIsToldWhichLimitItsPacketPasses(t *testing.T) {
	deep := strings.Repeat("[", 65) + strings.Repeat("]", 65)
	nesting := "Arrays and objects may be nested 64 levels deep at most."
	attachments := "A packet may have 10 attachments at most, and this one has 300."
	refusal := func(message string) string {
		return `[{"ok":false,"error":{"code":"too_large","message":"` + message + `"}}]`
	}
	for _, c := range []struct {
		packet, frame string
		told          []string
		logged        string
	}{
		{"an event with too many attachments", `45300-7["x"]`, []string{"437" + refusal(attachments)}, attachments},
		{"an event that is nested too deeply", `42/other,7["x",` + deep + `]`, []string{"43/other,7" + refusal(nesting)}, nesting},
		{"an event that asks for no answer", `42["x",` + deep + `]`, nil, nesting},
		{"an acknowledgement", `437[` + deep + `]`, nil, nesting},
		{"a CONNECT", `40/other,{"a":` + deep + `}`, []string{`44/other,{"data":{"code":"too_large"},"message":"` + nesting + `"}`}, nesting},
		{"a frame of a custom parser", "bgqR0eXBl", nil, "remove the option parser"},
	} {
		t.Run(c.packet, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.open("a")
			f.send("a", c.frame)
			want(t, "the client is told", f.gateway.Take("a"), c.told)
			want(t, "closed", f.gateway.Closed("a"), true)
			if got := f.log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, c.logged) {
				t.Errorf("the log has\n%s\nand not once %q", got, c.logged)
			}
		})
	}
}

// Clients send no noop. A canary does, to learn what API Gateway does with an empty answer.
func TestANoopIsAnsweredWithNothing(t *testing.T) {
	f := newFixture(t)
	f.connect("a")
	want(t, "reply", f.send("a", "6"), "")
	want(t, "closed", f.gateway.Closed("a"), false)
}

func TestWhatTheProtocolAdmitsIsAccepted(t *testing.T) {
	cases := []struct{ rule, frame, reply string }{
		{"an event without payload", "42", "6"},
		{"an ACK without payload", "431", "6"},
		{"an event named by a number", "42[1,2]", "6"},
		{"an event named error", `42["error","x"]`, "6"},
		{"an unknown acknowledgement id", `4399[1]`, "6"},
		{"a CONNECT without a comma", "40/custom", ""},
		{"a CONNECT with auth", `40/custom,{"token":"x"}`, ""},
		{"an OPEN, ignored", "0", "6"},
		{"an UPGRADE, ignored", "5", "6"},
		{"a pong", "3", "6"},
		{"an unknown namespace", "40/none,", `44/none,{"message":"Invalid namespace"}`},
		{"a DISCONNECT", "41", "6"},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.Of("/custom")
			f.HandleAny(func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
			f.connect("a")
			reply := f.send("a", c.frame)
			if c.reply != "" {
				want(t, "reply", reply, c.reply)
			} else if frames := f.gateway.Take("a"); reply != "6" || len(frames) != 1 || !strings.HasPrefix(frames[0], `40/custom,{"sid":"`) {
				t.Errorf("reply %q, frames %q", reply, frames)
			}
			want(t, "closed", f.gateway.Closed("a"), false)
		})
	}
}

func TestTheRequestToConnectIsChecked(t *testing.T) {
	good := map[string]string{"EIO": "4", "transport": "websocket"}
	cases := []struct {
		rule   string
		query  map[string]string
		origin string
		status int
	}{
		{"accept version 4 by WebSocket", good, "", 0},
		{"accept an allowed origin", good, "https://chat.example.com", 0},
		{"refuse another origin", good, "https://evil.example.com", 403},
		{"refuse version 3", map[string]string{"EIO": "3", "transport": "websocket"}, "", 400},
		{"refuse long polling", map[string]string{"EIO": "4", "transport": "polling"}, "", 400},
		{"refuse a session of another transport", map[string]string{"EIO": "4", "transport": "websocket", "sid": "x"}, "", 400},
		{"refuse no query", nil, "", 400},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			f := newFixture(t, func(o *realtime.Options) { o.AllowedOrigins = []string{"https://chat.example.com"} })
			u := realtime.Upgrade{ConnectionID: "a", Query: c.query, Headers: map[string]string{}, At: f.clock.Now()}
			if c.origin != "" {
				u.Headers["origin"] = c.origin
			}
			_, err := f.Accept(t.Context(), u)
			var refusal *realtime.Refusal
			status := 0
			if errors.As(err, &refusal) {
				status = refusal.Status
			} else if err != nil {
				t.Fatal(err)
			}
			want(t, "status", status, c.status)
			stored, err := f.store.Connections(t.Context(), []string{"a"})
			if err != nil {
				t.Fatal(err)
			}
			want(t, "stored", len(stored) == 1, c.status == 0)
		})
	}
}

func TestOpenIsTriedUntilTheConnectionIsThere(t *testing.T) {
	f := newFixture(t)
	refusals := 3
	f.gateway.Fail = func(string, []byte) error {
		if refusals--; refusals >= 0 {
			return realtime.ErrGone
		}
		return nil
	}
	f.open("a")
	want(t, "refusals left", refusals, -1)
}

func TestTheConnectFlow(t *testing.T) {
	f := newFixture(t)
	var order calls
	f.Use(func(_ context.Context, s *realtime.Socket) error {
		order.add("first middleware, auth %s", s.Handshake().Auth)
		return nil
	})
	f.Use(func(ctx context.Context, s *realtime.Socket) error {
		order.add("second middleware")
		return errors.Join(s.SetData(ctx, "data"), s.Join(ctx, "room"))
	})
	f.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		order.add("connection, %v", s.Rooms()[1:])
		return s.Emit(ctx, "welcome", "you")
	})
	f.open("a")
	reply := f.send("a", `40{"token":"t"}`)
	want(t, "order", order.take(), []string{`first middleware, auth {"token":"t"}`, "second middleware", "connection, [room]"})
	want(t, "route response", reply, "6")
	frames := f.gateway.Take("a")
	if len(frames) != 2 || !strings.HasPrefix(frames[0], `40{"sid":"`) || frames[1] != `42["welcome","you"]` {
		t.Errorf("frames %q", frames)
	}
	stored, err := f.store.Connections(t.Context(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	state := stored[0].Sockets["/"]
	want(t, "rooms", state.Rooms, []string{"room"})
	want(t, "data", string(state.Data), `"data"`)
	if strings.Contains(fmt.Sprint(stored), "token") || strings.Contains(f.log.String(), "token") {
		t.Error("the token was stored or logged")
	}
}

func TestTheReplyToAConnectIsPostedOnceWhenTheHandlerIsSilent(t *testing.T) {
	f := newFixture(t)
	f.OnConnection(func(context.Context, *realtime.Socket) error { return nil })
	f.open("a")
	want(t, "route response", f.send("a", "40"), "6")
	if frames := f.gateway.Take("a"); len(frames) != 1 || !strings.HasPrefix(frames[0], `40{"sid":"`) || strings.Contains(frames[0], "pid") {
		t.Errorf("posts %q", frames)
	}
}

func TestAMiddlewareRefusesASocketAndTheConnectionStays(t *testing.T) {
	cases := []struct {
		what  string
		err   error
		reply string
	}{
		{"with a code", realtime.Errorf("unauthorized", "Sign in first."), `44{"data":{"code":"unauthorized"},"message":"Sign in first."}`},
		{"with data", &realtime.Error{Code: "c", Message: "No.", Data: map[string]int{"a": 1}}, `44{"data":{"a":1},"message":"No."}`},
		{"for a reason of its own", errors.New("secret reason"), `44{"data":{"code":"internal"},"message":"Something went wrong on our side."}`},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			f := newFixture(t)
			refuse := true
			f.Use(func(context.Context, *realtime.Socket) error {
				if refuse {
					return c.err
				}
				return nil
			})
			f.open("a")
			want(t, "reply", f.send("a", "40"), c.reply)
			want(t, "closed", f.gateway.Closed("a"), false)
			refuse = false
			f.join("a", "40")
		})
	}
}

func TestATemporaryFailureClosesSoThatTheClientComesBack(t *testing.T) {
	busy := func(context.Context, *realtime.Socket) error { return realtime.Unavailable(errors.New("throttled")) }
	for what, register := range map[string]func(*fixture){
		"of a middleware":           func(f *fixture) { f.Use(busy) },
		"of the connection handler": func(f *fixture) { f.OnConnection(busy) },
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			register(f)
			f.open("a")
			want(t, "reply", f.send("a", "40"), "6")
			want(t, "closed", f.gateway.Closed("a"), true)
		})
	}
	t.Run("of the store", func(t *testing.T) {
		f := newFixture(t, func(o *realtime.Options) { o.Store = throttled{o.Store} })
		f.open("a")
		want(t, "reply", f.send("a", "40"), "6")
		want(t, "closed", f.gateway.Closed("a"), true)
	})
}

// throttled is a store that cannot take a message.
type throttled struct{ store.Store }

func (throttled) Touch(context.Context, string, store.Touch) (store.Connection, error) {
	return store.Connection{}, realtime.Unavailable(errors.New("throttled"))
}

func TestNamespacesShareAConnection(t *testing.T) {
	f := newFixture(t)
	chat := f.Of("chat")
	realtime.On(chat, "where", func(_ context.Context, s *realtime.Socket, _ realtime.None) (string, error) {
		return s.Namespace().Name() + " " + s.ID(), nil
	})
	root := f.connect("a")[0]
	sid := f.join("a", "40/chat,")
	if sid == root {
		t.Error("two sockets have one id")
	}
	want(t, "reply", f.send("a", `42/chat,7["where"]`), `43/chat,7["/chat `+sid+`"]`)
	want(t, "leave", f.send("a", "41/chat,"), "6")
	want(t, "the root namespace", f.send("a", `421["x"]`), `431[{"ok":false,"error":{"code":"unknown_event","message":"There is no event of this name."}}]`)
	f.join("a", "40/chat,")
}

func TestNamespacesOfOneConnectionAreBounded(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.MaxNamespaces = 2 })
	f.Of("/b")
	f.Of("/c")
	f.connect("a")
	f.join("a", "40/b,")
	want(t, "reply", f.send("a", "40/c,"), `44/c,{"message":"Too many namespaces"}`)
}

func TestTheHandshakeIsThatOfTheRequest(t *testing.T) {
	f := newFixture(t)
	var got realtime.Handshake
	f.HandleAny(func(_ context.Context, s *realtime.Socket, _ *realtime.Event) error {
		got = s.Handshake()
		return nil
	})
	f.connect("a")
	issued := f.clock.Now().UTC()
	f.send("a", `42["x"]`)
	want(t, "handshake", got, realtime.Handshake{
		Headers: map[string]string{"host": "api.example.com"},
		Query:   map[string]string{"EIO": "4", "transport": "websocket"},
		Address: "192.0.2.1",
		URL:     "/?EIO=4&transport=websocket",
		Secure:  true,
		Issued:  issued,
	})
}

func TestBinaryEventsAreAssembledWhateverTheOrderOfTheirHandling(t *testing.T) {
	f := newFixture(t)
	realtime.On(f, "echo", func(_ context.Context, _ *realtime.Socket, in map[string]realtime.Binary) (map[string]realtime.Binary, error) {
		return in, nil
	})
	f.connect("a")
	header := `452-3["echo",{"x":{"_placeholder":true,"num":0},"y":{"_placeholder":true,"num":1}}]`
	echoed := []string{`462-3[{"x":{"_placeholder":true,"num":0},"y":{"_placeholder":true,"num":1}}]`, "bAQ==", "bAg=="}

	frames := []string{header, "bAQ==", "bAg=="}
	t.Run("in order", func(t *testing.T) {
		for _, frame := range frames {
			want(t, "route response", f.send("a", frame), "6")
			f.clock.Advance(time.Millisecond)
		}
		want(t, "echo", f.gateway.Take("a"), echoed)
	})
	t.Run("all at once", func(t *testing.T) {
		done := make(chan string)
		start := f.clock.Now()
		for i, frame := range slices.Backward(frames) {
			go func() {
				at := start.Add(time.Duration(i+1) * time.Millisecond)
				done <- string(f.Receive(t.Context(), realtime.Message{ConnectionID: "a", Body: frame, At: at}))
			}()
		}
		for range frames {
			want(t, "route response", <-done, "6")
		}
		want(t, "echo", f.gateway.Take("a"), echoed)
	})
}

func TestTextBetweenAttachmentsIsNoticedThoughItIsHandledFirst(t *testing.T) {
	header, text := `451-["x",{"_placeholder":true,"num":0}]`, `42["y"]`
	for _, c := range []struct {
		what string
		// attachment is when it was received, in milliseconds; the header was at 1, the
		// text at 3.
		attachment int
		closed     bool
	}{{"the attachment came before the text", 2, false}, {"the attachment came after the text", 4, true}} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.HandleAny(func(context.Context, *realtime.Socket, *realtime.Event) error { return nil })
			f.connect("a")
			start := f.clock.Now()
			receive := func(ms int, frame string) {
				at := start.Add(time.Duration(ms) * time.Millisecond)
				f.Receive(t.Context(), realtime.Message{ConnectionID: "a", Body: frame, At: at})
			}
			receive(3, text)
			done := make(chan struct{})
			go func() { receive(1, header); close(done) }()
			if !c.closed {
				receive(c.attachment, "bAQID")
			}
			<-done
			want(t, "closed", f.gateway.Closed("a"), c.closed)
		})
	}
}

func TestPingsAreNotPromisedMoreOftenThanTheyAreSent(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.PingInterval = 25 * time.Second })
	f.gateway.Open("a")
	send, err := f.Accept(t.Context(), realtime.Upgrade{
		ConnectionID: "a", Query: map[string]string{"EIO": "4", "transport": "websocket"}, At: f.clock.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	send(t.Context())
	var open struct{ PingInterval int }
	if err := json.Unmarshal([]byte(f.gateway.Take("a")[0][1:]), &open); err != nil {
		t.Fatal(err)
	}
	want(t, "ping interval", open.PingInterval, int((9 * time.Minute).Milliseconds()))
}

func TestMessagesBeforeTheFirstSocketAreBounded(t *testing.T) {
	refuse := func(context.Context, *realtime.Socket) error { return realtime.Errorf("no", "No.") }
	for _, frame := range []string{"3", "40", "6"} {
		f := newFixture(t)
		f.Use(refuse)
		f.open("a")
		for range 50 {
			f.send("a", frame)
		}
		want(t, frame+": closed after 50", f.gateway.Closed("a"), false)
		f.send("a", frame)
		want(t, frame+": closed after 51", f.gateway.Closed("a"), true)
	}
	f := newFixture(t)
	f.connect("a")
	f.send("a", "41") // its only socket ends
	for range 60 {
		f.send("a", "3")
	}
	want(t, "closed after a socket", f.gateway.Closed("a"), false)
}
