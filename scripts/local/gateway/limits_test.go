package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/gobwas/ws"
)

func TestAFrameAbove32KBIsRefusedBeforeItsPayloadComes(t *testing.T) {
	s := newRawStage(t, handlers{})
	w := s.wire()
	err := ws.WriteHeader(w, ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Length: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.closing(); got.code != 1009 {
		t.Errorf("closed with %+v", got)
	}
}

func TestWhatCannotWorkIsToldInTheLogOnce(t *testing.T) {
	for _, c := range []struct {
		mistake string
		frames  []ws.Header
		told    string
	}{
		{"a custom parser", []ws.Header{{OpCode: ws.OpBinary, Length: 1}}, "remove the option parser"},
		{"binary without forceBase64", []ws.Header{{OpCode: ws.OpText}, {OpCode: ws.OpBinary, Length: 1}}, "set forceBase64: true"},
		{"a frame above 32 KB", []ws.Header{{OpCode: ws.OpText, Length: MaxFrame + 1}}, "send at most 32 KB at once"},
	} {
		t.Run(c.mistake, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			s := newRawStage(t, handlers{"message": answers("6")}, func(o *Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, nil))
			})
			for range 2 { // a client reconnects and makes the same mistake
				w := s.wire()
				for i, header := range c.frames {
					if i > 0 {
						w.text() // the answer
					}
					header.Fin, header.Masked = true, true
					if err := ws.WriteHeader(w, header); err != nil {
						t.Fatal(err)
					}
				}
				w.closing()
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, c.told) {
				t.Errorf("the log has\n%s\nand not once %q", got, c.told)
			}
		})
	}
}

func TestTheCloseFrameArrivesThoughTheClientIsStillSending(t *testing.T) {
	s := newRawStage(t, handlers{})
	w := s.wire()
	go func() { // more than the socket's buffers hold, read or not
		_ = ws.WriteHeader(w, ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Length: 16 << 20})
		_, _ = w.Write(make([]byte, 16<<20))
	}()
	if f := w.read(); f.Header.OpCode != ws.OpClose || string(f.Payload[:2]) != "\x03\xf1" {
		t.Errorf("got %+v %q", f.Header, f.Payload)
	}
}

func TestMessagesAfterTheCloseAreNotHandled(t *testing.T) {
	bodies := make(chan string, 10)
	ends := make(chan string, 1)
	s := newRawStage(t, handlers{"message": keeps(bodies, "6"), "disconnect": keeps(ends, "")},
		func(o *Options) { o.Lifetime = 50 * time.Millisecond })
	w := s.wire()
	next(t, ends)
	w.frame(ws.OpText, true, []byte("too late"))
	if got, want := w.closing(), (ending{code: 1001, reason: "Going away"}); got != want {
		t.Errorf("closed with %+v", got)
	}
	if len(bodies) > 0 {
		t.Error("handled:", <-bodies)
	}
}

func TestAClientsCloseIsAnsweredWithItsOwnStatus(t *testing.T) {
	for _, c := range []struct {
		what string
		body []byte
		want ending
	}{
		{"a status", ws.NewCloseFrameBody(4000, "done"), ending{code: 4000, reason: "done"}},
		{"no status", nil, ending{}},
		{"a status that may not be sent", ws.NewCloseFrameBody(1006, ""), ending{code: 1002, reason: "Protocol error"}},
		{"half a status", []byte{3}, ending{code: 1002, reason: "Protocol error"}},
		{"a status below those of the protocol", ws.NewCloseFrameBody(999, ""), ending{code: 1002, reason: "Protocol error"}},
		{"a status that is not assigned", ws.NewCloseFrameBody(1100, ""), ending{code: 1002, reason: "Protocol error"}},
		{"a status above those of applications", ws.NewCloseFrameBody(5000, ""), ending{code: 1002, reason: "Protocol error"}},
		{"a reason that is no text", ws.NewCloseFrameBody(1000, "\xff"), ending{code: 1002, reason: "Protocol error"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newRawStage(t, handlers{}).wire()
			w.frame(ws.OpClose, true, c.body)
			if got := w.closing(); got != c.want {
				t.Errorf("closed with %+v", got)
			}
		})
	}
}

func TestWhatIsNoHandshakeNeverReachesConnect(t *testing.T) {
	payloads := make(chan string, 10)
	s := newRawStage(t, handlers{"connect": keeps(payloads, "")})
	for _, c := range []struct {
		what, name, value string
		status            int
	}{
		{"no key", "Sec-WebSocket-Key", "", 400},
		{"a short key", "Sec-WebSocket-Key", "eA==", 400},
		{"an old version", "Sec-WebSocket-Version", "8", 426},
		{"no upgrade of the connection", "Connection", "keep-alive", 400},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"} {
			r.Header.Set(name, value)
		}
		r.Header.Set(c.name, c.value)
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.status || len(payloads) > 0 {
			t.Errorf("%s: status %d, %d calls of $connect", c.what, answer.StatusCode, len(payloads))
		}
	}
}

func TestAnAPIWithoutAConnectRouteLetsEveryoneIn(t *testing.T) {
	s := newRawStage(t, handlers{"message": answers("hello")}, func(o *Options) { o.Routes.Connect = "" })
	w := s.wire()
	w.frame(ws.OpText, true, []byte("x"))
	if got := w.text(); got != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestARouteResponseAbove128KBIsAnError(t *testing.T) {
	body := strings.Repeat("x", maxPost)
	s := newRawStage(t, handlers{"message": func(context.Context, []byte) (any, func(), error) {
		return response{StatusCode: 200, Body: body}, nil, nil
	}})
	w := s.wire()
	w.frame(ws.OpText, true, []byte("x"))
	if got := w.text(); len(got) != maxPost {
		t.Errorf("at the limit: %d characters", len(got))
	}
	body += "x"
	w.frame(ws.OpText, true, []byte("x"))
	if got := w.text(); !strings.HasPrefix(got, `{"message": "Internal server error"`) {
		t.Errorf("above: %d characters", len(got))
	}
}

func TestARefusedConnectionHasNoDisconnect(t *testing.T) {
	ends := make(chan string, 1)
	s := newRawStage(t, handlers{"disconnect": keeps(ends, ""), "connect": func(context.Context, []byte) (any, func(), error) {
		return response{StatusCode: 401}, nil, nil
	}})
	_, _, _, err := ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
	if status := ws.StatusError(0); !errors.As(err, &status) || status != 401 {
		t.Errorf("got %v", err)
	}
	if err := s.Close(t.Context()); err != nil || len(ends) > 0 {
		t.Errorf("%d calls of $disconnect, %v", len(ends), err)
	}
}

func TestWhatRunsAfterConnectMayPost(t *testing.T) {
	var s *stage
	s = newRawStage(t, handlers{"connect": func(_ context.Context, payload []byte) (any, func(), error) {
		id := idOf(t, payload)
		return response{StatusCode: 200}, func() {
			if err := s.post(id, "OPEN"); err != nil {
				t.Error(err)
			}
		}, nil
	}})
	if got := s.wire().text(); got != "OPEN" {
		t.Errorf("got %q", got)
	}
}

func TestAConnectionWhoseConnectOutlastsTheGatewayStillGetsItsDisconnect(t *testing.T) {
	ends := make(chan string, 1)
	began, proceed := make(chan string, 1), make(chan struct{})
	s := newRawStage(t, handlers{"disconnect": keeps(ends, ""), "connect": func(_ context.Context, payload []byte) (any, func(), error) {
		began <- idOf(t, payload)
		<-proceed
		return response{StatusCode: 200}, nil, nil
	}})
	dialed := make(chan struct{})
	go func() {
		defer close(dialed)
		conn, _, _, err := ws.Dial(context.Background(), strings.Replace(s.url, "http", "ws", 1))
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}()
	id := next(t, began)
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	for s.begin() { // until Close has begun
		s.running.Done()
		time.Sleep(time.Millisecond)
	}
	close(proceed)
	next(t, dialed)
	if err := next(t, closed); err != nil {
		t.Error(err)
	}
	if got := idOf(t, []byte(next(t, ends))); got != id {
		t.Errorf("$disconnect of %s, want %s", got, id)
	}
}

func TestAccountQuotasRefuseWhatIsAboveTheRate(t *testing.T) {
	s := newRawStage(t, handlers{"http": answers("ok")}, func(o *Options) {
		o.Quotas = Quotas{Requests: 1, Burst: 2, Connects: 1}
	})
	id := make(chan string, 1)
	s.options.Functions.(handlers)["connect"] = func(_ context.Context, payload []byte) (any, func(), error) {
		id <- idOf(t, payload)
		return response{StatusCode: 200}, nil, nil
	}
	s.wire()
	_, _, _, err := ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
	if status := ws.StatusError(0); !errors.As(err, &status) || status != 429 {
		t.Errorf("a second connection: %v", err)
	}
	connection := next(t, id)
	var limit *types.LimitExceededException
	refused := false
	for range 3 {
		err := s.post(connection, "x")
		refused = refused || errors.As(err, &limit)
	}
	if !refused {
		t.Error("three posts at two a burst: none refused")
	}
	answer, err := http.Get(s.url + "/api/x")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 429 {
		t.Errorf("HTTP: status %d", answer.StatusCode)
	}
}

func TestAMessageAboveTheThrottleGetsTheErrorFrameAndIsNotHandled(t *testing.T) {
	for what, set := range map[string]func(*Options){
		"the stage's":   func(o *Options) { o.Throttle = Throttle{Rate: 1, Burst: 2} }, // one is the connection
		"the account's": func(o *Options) { o.Quotas = Quotas{Requests: 1, Burst: 1} },
	} {
		t.Run(what, func(t *testing.T) {
			bodies := make(chan string, 10)
			s := newRawStage(t, handlers{"message": keeps(bodies, "6")}, set)
			w := s.wire()
			w.frame(ws.OpText, true, []byte("one"))
			if got := w.text(); got != "6" {
				t.Fatalf("got %s", got)
			}
			w.frame(ws.OpText, true, []byte("two"))
			if got := w.text(); !strings.HasPrefix(got, `{"message": "Too Many Requests", "connectionId":"`) || len(bodies) != 1 {
				t.Errorf("got %s, and %d messages are handled", got, len(bodies))
			}
			w.frame(ws.OpPing, true, nil) // the connection stays open
			if f := w.read(); f.Header.OpCode != ws.OpPong {
				t.Errorf("got %+v", f.Header)
			}
		})
	}
}

func TestTheThrottleOfEachAPIRefusesConnectionsAndRequests(t *testing.T) {
	s := newRawStage(t, handlers{"http": answers("ok")}, func(o *Options) {
		o.Throttle, o.HTTPThrottle = Throttle{Rate: 1, Burst: 1}, Throttle{Rate: 1, Burst: 1}
	})
	s.wire()
	_, _, _, err := ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
	if status := ws.StatusError(0); !errors.As(err, &status) || status != 429 {
		t.Errorf("a second connection: %v", err)
	}
	for i, want := range []int{200, 429} {
		if got := s.get("/api/x"); got != want {
			t.Errorf("request %d: status %d", i, got)
		}
	}
}

// excess is the error of a function that has not run.
type excess struct{ error }

func (excess) Throttled() bool { return true }

func TestAFunctionThatIsThrottledIsNotWaitedFor(t *testing.T) {
	refuse := func(context.Context, []byte) (any, func(), error) { return nil, nil, excess{errors.New("too many")} }
	h := handlers{"message": refuse, "http": refuse}
	s := newRawStage(t, h)
	w := s.wire()
	w.frame(ws.OpText, true, []byte("x"))
	if got := w.text(); !strings.HasPrefix(got, `{"message": "Internal server error", `) {
		t.Errorf("a message: got %s", got)
	}
	if got := s.get("/api/x"); got != 503 {
		t.Errorf("HTTP: status %d", got)
	}
	h["connect"] = refuse
	_, _, _, err := ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
	if status := ws.StatusError(0); !errors.As(err, &status) || status != 502 {
		t.Errorf("a connection: %v", err)
	}
}

// get requests a path and returns the answer's status.
func (s *stage) get(path string) int {
	s.t.Helper()
	answer, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func TestAThrottleIsARateAndABurst(t *testing.T) {
	for text, want := range map[string]Throttle{"": {}, "5000": {5000, 2500}, "1": {1, 1}, "100,7": {100, 7}} {
		var got Throttle
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"x", "0", "-1", "5,", "5,0", "1,2,3"} {
		if err := new(Throttle).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestATokenBucketFillsWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(10, 2)
		time.Sleep(time.Hour)
		got := fmt.Sprint(l.Allow(), l.Allow(), l.Allow())
		time.Sleep(100 * time.Millisecond)
		if got += fmt.Sprint(" ", l.Allow(), l.Allow()); got != "true true false true false" {
			t.Errorf("got %s", got)
		}
	})
	if unlimited := newLimiter(0, 0); !unlimited.Allow() {
		t.Error("no quota refuses")
	}
}

// post posts with the SDK's client.
func (s *stage) post(id, data string) error {
	_, err := s.client.PostToConnection(context.Background(), &management.PostToConnectionInput{ConnectionId: aws.String(id), Data: []byte(data)})
	return err
}
