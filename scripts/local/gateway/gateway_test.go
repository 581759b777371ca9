package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)

func TestAConnectEventHasTheFieldsOfAWS(t *testing.T) {
	f := &functions{}
	s := newStage(t, f)
	_, id := s.dial()
	var e map[string]any
	if err := json.Unmarshal([]byte(f.connects[0]), &e); err != nil {
		t.Fatal(err)
	}
	rc := e["requestContext"].(map[string]any)
	for _, name := range []string{"routeKey", "eventType", "extendedRequestId", "requestTime", "messageDirection", "stage",
		"connectedAt", "requestTimeEpoch", "identity", "requestId", "domainName", "connectionId", "apiId"} {
		if rc[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	if rc["routeKey"] != "$connect" || rc["eventType"] != "CONNECT" || rc["messageDirection"] != "IN" {
		t.Errorf("context %v", rc)
	}
	if rc["requestId"] != rc["extendedRequestId"] {
		t.Error("requestId and extendedRequestId differ")
	}
	if !regexp.MustCompile(`^\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000$`).MatchString(rc["requestTime"].(string)) {
		t.Errorf("requestTime %q", rc["requestTime"])
	}
	if !idForm.MatchString(id) {
		t.Errorf("connection id %q", id)
	}
	headers := e["headers"].(map[string]any)
	if headers["Host"] == nil || headers["Sec-WebSocket-Key"] == nil {
		t.Errorf("headers %v", headers)
	}
	if e["multiValueHeaders"] == nil || e["queryStringParameters"].(map[string]any)["EIO"] != "4" || e["isBase64Encoded"] != false {
		t.Errorf("event %v", e)
	}
	if _, ok := e["body"]; ok {
		t.Error("a body")
	}
}

func TestAMessageEventHasContextAndBodyOnly(t *testing.T) {
	got := make(chan events.APIGatewayWebsocketProxyRequest, 1)
	s := newStage(t, &functions{message: func(e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		got <- e
		return echo(e)
	}})
	conn, id := s.dial()
	if err := wsutil.WriteClientText(conn, []byte("2")); err != nil {
		t.Fatal(err)
	}
	if reply := text(t, conn); reply != "re 2" {
		t.Errorf("route response %q", reply)
	}
	e := <-got
	if e.Headers != nil || e.QueryStringParameters != nil || e.Body != "2" || e.RequestContext.ConnectionID != id ||
		e.RequestContext.RouteKey != "$default" || e.RequestContext.EventType != "MESSAGE" || e.RequestContext.MessageID == nil {
		t.Errorf("event %+v", e)
	}
}

func TestARouteResponseWithoutBodyIsAnEmptyMessage(t *testing.T) {
	s := newStage(t, &functions{})
	conn, _ := s.dial()
	if err := wsutil.WriteClientText(conn, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := text(t, conn); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestErrorFramesHaveTheSpacingOfAWS(t *testing.T) {
	for _, c := range []struct {
		what, message string
		f             *functions
		set           func(*Options)
	}{
		{"the function fails", "Internal server error", &functions{message: func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
			return events.APIGatewayProxyResponse{}, errors.New("broken")
		}}, nil},
		{"there is no route", "Forbidden", &functions{}, func(o *Options) { o.Routes.Default = "" }},
		{"the function takes too long", "Endpoint request timed out", &functions{delay: time.Minute},
			func(o *Options) { o.IntegrationTimeout = 50 * time.Millisecond }},
	} {
		t.Run(c.what, func(t *testing.T) {
			var set []func(*Options)
			if c.set != nil {
				set = append(set, c.set)
			}
			s := newStage(t, c.f, set...)
			conn, id := s.dial()
			if err := wsutil.WriteClientText(conn, []byte("x")); err != nil {
				t.Fatal(err)
			}
			want := regexp.MustCompile(`^\{"message": "` + c.message + `", "connectionId":"` + regexp.QuoteMeta(id) + `", "requestId":"[A-Za-z0-9_-]{15}="\}$`)
			if got := text(t, conn); !want.MatchString(got) {
				t.Errorf("got %s", got)
			}
			if c.message == "Forbidden" {
				return
			}
			c.f.mu.Lock()
			c.f.message, c.f.delay = echo, 0
			c.f.mu.Unlock()
			if err := wsutil.WriteClientText(conn, []byte("still open")); err != nil {
				t.Fatal(err)
			}
			if got := text(t, conn); got != "re still open" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestTheUpgradeWaitsForConnectAndTellsItsRefusal(t *testing.T) {
	for _, c := range []struct {
		what   string
		answer events.APIGatewayProxyResponse
		err    error
		status int
	}{
		{"a refusal", events.APIGatewayProxyResponse{StatusCode: 403}, nil, 403},
		{"another", events.APIGatewayProxyResponse{StatusCode: 400}, nil, 400},
		{"a failure", events.APIGatewayProxyResponse{}, errors.New("broken"), 502},
		{"an answer without status", events.APIGatewayProxyResponse{}, nil, 502},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newStage(t, &functions{connect: func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
				return c.answer, c.err
			}})
			_, _, _, err := ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
			var status ws.StatusError
			if !errors.As(err, &status) || int(status) != c.status {
				t.Errorf("got %v, want %d", err, c.status)
			}
		})
	}
}

func TestTheReasonOfARefusalIsTraced(t *testing.T) {
	lines := make(chan string, 1)
	s := newStage(t, &functions{connect: func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		return events.APIGatewayProxyResponse{StatusCode: 400, Body: "Unsupported protocol version"}, nil
	}}, func(o *Options) { o.Trace = func(_, line string) { lines <- line } })
	if _, _, _, err := ws.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1)); err == nil {
		t.Error("the connection was not refused")
	}
	if line := <-lines; !strings.HasPrefix(line, "$connect 400 ") || !strings.HasSuffix(line, "  Unsupported protocol version") {
		t.Errorf("traced %q", line)
	}
}

func TestASubprotocolMustComeFromConnect(t *testing.T) {
	s := newStage(t, &functions{connect: func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		return events.APIGatewayProxyResponse{StatusCode: 200, Headers: map[string]string{"sec-websocket-protocol": "b"}}, nil
	}})
	dialer := ws.Dialer{Protocols: []string{"a", "b"}}
	conn, _, handshake, err := dialer.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
	if err != nil || handshake.Protocol != "b" {
		t.Fatalf("%+v, %v", handshake, err)
	}
	conn.Close()
	s.ended(1006, "Connection closed abnormally")
}

func TestWhatAClientSendsClosesWithItsCode(t *testing.T) {
	frame := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	big := bytes.Repeat([]byte("x"), MaxFrame)
	fragmented := func(frames int) []byte {
		out := frame(ws.NewFrame(ws.OpText, false, big))
		for i := 1; i < frames; i++ {
			out = append(out, frame(ws.NewFrame(ws.OpContinuation, i == frames-1, big))...)
		}
		return out
	}
	for _, c := range []struct {
		what string
		send []byte
		code int
	}{
		{"a frame above 32 KB", frame(ws.NewTextFrame(append(big, 'x'))), 1009},
		{"a message above 128 KB in small frames", fragmented(5), 1009},
		{"a binary frame", frame(ws.NewBinaryFrame([]byte{1})), 1003},
		{"text that is not UTF-8", frame(ws.NewTextFrame([]byte{0xff, 0xfe})), 1007},
		{"a continuation of nothing", frame(ws.NewFrame(ws.OpContinuation, true, nil)), 1002},
		{"a frame without mask", ws.MustCompileFrame(ws.NewTextFrame([]byte("x"))), 1002},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newStage(t, &functions{message: echo})
			conn, _ := s.dial()
			if _, err := conn.Write(c.send); err != nil {
				t.Fatal(err)
			}
			code, reason := closeOf(t, conn)
			if code != c.code {
				t.Errorf("closed with %d %q, want %d", code, reason, c.code)
			}
			s.ended(code, reason)
		})
	}
	t.Run("up to the limits all is well", func(t *testing.T) {
		var size int
		s := newStage(t, &functions{message: func(e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
			size = len(e.Body)
			return events.APIGatewayProxyResponse{StatusCode: 200, Body: "ok"}, nil
		}})
		conn, _ := s.dial()
		if _, err := conn.Write(fragmented(4)); err != nil {
			t.Fatal(err)
		}
		if got := text(t, conn); got != "ok" || size != MaxMessage {
			t.Errorf("%q, %d bytes", got, size)
		}
	})
}

func TestHowAConnectionEndsIsToldToDisconnect(t *testing.T) {
	closeFrame := func(body []byte) func(*stage, net.Conn, string) {
		return func(s *stage, conn net.Conn, _ string) {
			if err := wsutil.WriteClientMessage(conn, ws.OpClose, body); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		what   string
		end    func(*stage, net.Conn, string)
		code   int
		reason string
	}{
		{"the client closes without a status", closeFrame(nil), 1005, "Client-side close frame status not set"},
		{"a tab leaves", closeFrame(ws.NewCloseFrameBody(1001, "")), 1001, ""},
		{"the line breaks", func(_ *stage, conn net.Conn, _ string) { conn.Close() }, 1006, "Connection closed abnormally"},
		{"the server deletes it", func(s *stage, conn net.Conn, id string) {
			if _, err := s.client.DeleteConnection(s.t.Context(), &management.DeleteConnectionInput{ConnectionId: &id}); err != nil {
				s.t.Fatal(err)
			}
			if code, reason := closeOf(s.t, conn); code != 1000 || reason != "Connection Closed Normally" {
				s.t.Errorf("closed with %d %q", code, reason)
			}
		}, 1000, "Connection Closed Normally"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newStage(t, &functions{})
			conn, id := s.dial()
			c.end(s, conn, id)
			s.ended(c.code, c.reason)
			if _, open := s.find(id); open {
				t.Error("still open")
			}
		})
	}
}

func TestADisconnectEventHasTheFourHeaders(t *testing.T) {
	s := newStage(t, &functions{})
	conn, _ := s.dial()
	conn.Close()
	e := <-s.f.disconnects
	host := strings.TrimPrefix(s.url, "http://")
	want := map[string]string{"Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
	if fmt.Sprint(e.Headers) != fmt.Sprint(want) {
		t.Errorf("headers %v", e.Headers)
	}
}

func TestTheLifetimeEndsABusyConnection(t *testing.T) {
	s := newStage(t, &functions{message: echo}, func(o *Options) { o.Lifetime = 200 * time.Millisecond })
	conn, _ := s.dial()
	if code, reason := closeOf(t, conn); code != 1001 || reason != "Going away" {
		t.Errorf("closed with %d %q", code, reason)
	}
	s.ended(1001, "Going away")
}

func TestMessagesAreHandledAtOnceOrOneAfterTheOther(t *testing.T) {
	for dispatch, most := range map[mode.Dispatch]int{mode.Concurrent: 3, mode.Serial: 1} {
		t.Run(string(dispatch), func(t *testing.T) {
			var mu sync.Mutex
			running, peak := 0, 0
			all := make(chan struct{})
			s := newStage(t, &functions{message: func(e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
				mu.Lock()
				running++
				peak = max(peak, running)
				if running == most {
					select {
					case <-all:
					default:
						close(all)
					}
				}
				mu.Unlock()
				<-all // so many are under way at once
				mu.Lock()
				running--
				mu.Unlock()
				return echo(e)
			}}, func(o *Options) { o.Dispatch = dispatch })
			conn, _ := s.dial()
			for i := range 3 {
				if err := wsutil.WriteClientText(conn, fmt.Append(nil, i)); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for range 3 {
				got = append(got, text(t, conn))
			}
			if peak != most {
				t.Errorf("%d at once", peak)
			}
			if dispatch == mode.Serial && fmt.Sprint(got) != "[re 0 re 1 re 2]" {
				t.Errorf("order %v", got)
			}
		})
	}
}

func TestAPingIsAnsweredAndClosesNothing(t *testing.T) {
	s := newStage(t, &functions{})
	conn, _ := s.dial()
	if err := wsutil.WriteClientMessage(conn, ws.OpPing, []byte("p")); err != nil {
		t.Fatal(err)
	}
	f, err := readFrame(conn)
	if err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "p" {
		t.Errorf("got %+v, %v", f, err)
	}
}
