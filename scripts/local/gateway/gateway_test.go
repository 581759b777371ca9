package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Idle connections of the SDK's client.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// functions are the routes of a test: each gets its event, and answers.
type functions struct {
	connect, disconnect, message func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error)
	http                         func(events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

	mu          sync.Mutex
	connects    []string
	disconnects chan events.APIGatewayWebsocketProxyRequest
	delay       time.Duration
}

func (f *functions) Invoke(ctx context.Context, name string, payload []byte) ([]byte, func(), error) {
	none := func() {}
	if name == "http" {
		var e events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, none, err
		}
		out, err := f.http(e)
		b, _ := json.Marshal(out)
		return b, none, err
	}
	var e events.APIGatewayWebsocketProxyRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, none, err
	}
	handler := map[string]func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error){
		"connect": f.connect, "disconnect": f.disconnect, "message": f.message}[name]
	if name == "connect" {
		f.mu.Lock()
		f.connects = append(f.connects, string(payload))
		f.mu.Unlock()
	}
	if name == "disconnect" {
		f.disconnects <- e
	}
	if name == "message" && f.delay > 0 {
		select {
		case <-time.After(f.delay):
		case <-ctx.Done():
			return nil, none, fmt.Errorf("timed out: %w", ctx.Err())
		}
	}
	if handler == nil {
		return []byte(`{"statusCode":200}`), none, nil
	}
	out, err := handler(e)
	b, _ := json.Marshal(out)
	return b, none, err
}

// stage is a gateway with its two servers and an SDK client.
type stage struct {
	*Gateway
	t       *testing.T
	f       *functions
	url     string
	client  *management.Client
	baseURL string
}

func newStage(t *testing.T, f *functions, set ...func(*Options)) *stage {
	t.Helper()
	f.disconnects = make(chan events.APIGatewayWebsocketProxyRequest, 16)
	o := Options{Functions: f, Routes: Routes{Connect: "connect", Disconnect: "disconnect", Default: "message", HTTP: "http"}}
	for _, s := range set {
		s(&o)
	}
	g := New(o)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if IsUpgrade(r) {
			g.ServeWebSocket(w, r)
		} else {
			g.ServeHTTPAPI(w, r)
		}
	}))
	back := httptest.NewServer(http.HandlerFunc(g.ServeManagement))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := g.Close(ctx); err != nil {
			t.Error(err)
		}
		front.Close()
		back.Close()
	})
	client := management.New(management.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(back.URL + "/local"),
		Retryer:      aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	})
	return &stage{g, t, f, front.URL, client, back.URL}
}

// dial opens a WebSocket and returns it with its connection id.
func (s *stage) dial() (net.Conn, string) {
	s.t.Helper()
	conn, _, _, err := ws.Dial(s.t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/any/path?EIO=4")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	var e events.APIGatewayWebsocketProxyRequest
	if err := json.Unmarshal([]byte(s.f.connects[len(s.f.connects)-1]), &e); err != nil {
		s.t.Fatal(err)
	}
	id := e.RequestContext.ConnectionID
	for { // the upgrade's answer is out a moment before the connection is known
		if _, ok := s.find(id); ok {
			return conn, id
		}
		time.Sleep(time.Millisecond)
	}
}

// text reads the next text message.
func text(t *testing.T, conn net.Conn) string {
	t.Helper()
	b, err := wsutil.ReadServerText(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// closeOf reads up to the close frame and returns what it says.
func closeOf(t *testing.T, conn net.Conn) (int, string) {
	t.Helper()
	for {
		_, err := wsutil.ReadServerText(conn)
		var closed wsutil.ClosedError
		if errors.As(err, &closed) {
			return int(closed.Code), closed.Reason
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (s *stage) ended(code int, reason string) {
	s.t.Helper()
	select {
	case e := <-s.f.disconnects:
		got := ""
		if e.RequestContext.DisconnectReason != nil {
			got = *e.RequestContext.DisconnectReason
		}
		if int(e.RequestContext.DisconnectStatusCode) != code || got != reason {
			s.t.Errorf("$disconnect says %d %q, want %d %q", e.RequestContext.DisconnectStatusCode, got, code, reason)
		}
	case <-time.After(5 * time.Second):
		s.t.Error("no $disconnect")
	}
}

func echo(e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: "re " + e.Body}, nil
}

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
			c.f.message, c.f.delay = echo, 0
			if c.message == "Forbidden" {
				return
			}
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

func TestTheIdleTimeoutIsResetByMessagesInBothDirectionsAndNotByPings(t *testing.T) {
	const idle = 400 * time.Millisecond
	for _, c := range []struct {
		what string
		keep func(*stage, net.Conn, string) error
		cut  bool
	}{
		{"silence", nil, true},
		{"pings of the client", func(_ *stage, conn net.Conn, _ string) error {
			return wsutil.WriteClientMessage(conn, ws.OpPing, nil)
		}, true},
		{"messages of the client", func(_ *stage, conn net.Conn, _ string) error {
			return wsutil.WriteClientText(conn, []byte("x"))
		}, false},
		{"messages of the server", func(s *stage, _ net.Conn, id string) error {
			_, err := s.client.PostToConnection(s.t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("x")})
			return err
		}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, &functions{}, func(o *Options) { o.IdleTimeout = idle })
			conn, id := s.dial()
			deadline := time.Now().Add(3 * idle)
			for time.Now().Before(deadline) {
				if _, open := s.find(id); !open {
					break
				}
				if c.keep != nil {
					_ = c.keep(s, conn, id)
				}
				time.Sleep(idle / 10)
			}
			if _, open := s.find(id); open == c.cut {
				t.Errorf("open is %v", open)
			}
			if c.cut {
				s.ended(1001, "Going away")
			}
		})
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

func TestTheConnectionsAPIAnswersTheSDK(t *testing.T) {
	s := newStage(t, &functions{})
	conn, id := s.dial()
	ctx := t.Context()
	post := func(id string, data []byte) error {
		_, err := s.client.PostToConnection(ctx, &management.PostToConnectionInput{ConnectionId: &id, Data: data})
		return err
	}
	if err := post(id, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := text(t, conn); got != "hello" {
		t.Errorf("got %q", got)
	}
	out, err := s.client.GetConnection(ctx, &management.GetConnectionInput{ConnectionId: &id})
	if err != nil || out.ConnectedAt == nil || out.LastActiveAt == nil || aws.ToString(out.Identity.SourceIp) != "127.0.0.1" {
		t.Errorf("get: %+v, %v", out, err)
	}
	if err := post(id, bytes.Repeat([]byte("x"), 131072)); err != nil {
		t.Errorf("128 KB: %v", err)
	}
	var tooLarge *types.PayloadTooLargeException
	if err := post(id, bytes.Repeat([]byte("x"), 131073)); !errors.As(err, &tooLarge) {
		t.Errorf("more: %v", err)
	}
	var gone *types.GoneException
	if err := post(newID(), []byte("x")); !errors.As(err, &gone) {
		t.Errorf("unknown id: %v", err)
	}
	var response *smithyhttp.ResponseError
	if err := post("nonsense", []byte("x")); !errors.As(err, &response) || response.HTTPStatusCode() != 400 || !strings.Contains(err.Error(), "Invalid connectionId: nonsense") {
		t.Errorf("malformed id: %v", err)
	}
	if _, err := s.client.DeleteConnection(ctx, &management.DeleteConnectionInput{ConnectionId: &id}); err != nil {
		t.Errorf("delete: %v", err)
	}
	if err := post(id, []byte("x")); !errors.As(err, &gone) {
		t.Errorf("after delete: %v", err)
	}
	r, err := http.Post(s.baseURL+"/other/@connections/"+id, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 403 {
		t.Errorf("another stage: %d", r.StatusCode)
	}
}

func TestAPostBeforeConnectHasReturnedIsGone(t *testing.T) {
	var s *stage
	var err error
	s = newStage(t, &functions{connect: func(e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		_, err = s.client.PostToConnection(context.Background(), &management.PostToConnectionInput{
			ConnectionId: &e.RequestContext.ConnectionID, Data: []byte("early"),
		})
		return events.APIGatewayProxyResponse{StatusCode: 200}, nil
	}})
	s.dial()
	var gone *types.GoneException
	if !errors.As(err, &gone) {
		t.Errorf("got %v", err)
	}
}

func TestASlowClientsBufferFillsUp(t *testing.T) {
	s := newStage(t, &functions{}, func(o *Options) { o.SendBuffer = 256 << 10 })
	_, id := s.dial() // it never reads
	var limit *types.LimitExceededException
	for range 1000 {
		_, err := s.client.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: bytes.Repeat([]byte("x"), 64<<10)})
		if errors.As(err, &limit) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("never refused")
}

func TestPostsThatFollowEachOtherArriveInOrder(t *testing.T) {
	s := newStage(t, &functions{})
	conn, id := s.dial()
	for i := range 200 {
		if _, err := s.client.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		if got := text(t, conn); got != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", got, i)
		}
	}
}

func TestMessagesAreHandledAtOnceOrOneAfterTheOther(t *testing.T) {
	for dispatch, most := range map[Dispatch]int{Concurrent: 3, Serial: 1} {
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
			if dispatch == Serial && fmt.Sprint(got) != "[re 0 re 1 re 2]" {
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
	f, err := ws.ReadFrame(conn)
	if err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "p" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestTheHTTPAPISpeaksPayloadFormat2(t *testing.T) {
	var got events.APIGatewayV2HTTPRequest
	s := newStage(t, &functions{http: func(e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		got = e
		return events.APIGatewayV2HTTPResponse{StatusCode: 201, Headers: map[string]string{"X-A": "b"}, Cookies: []string{"c=d"}, Body: "done"}, nil
	}})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/x?q=1", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "k=v")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != 201 || response.Header.Get("X-A") != "b" || response.Header.Get("Set-Cookie") != "c=d" || string(body) != "done" {
		t.Errorf("response %v %q", response, body)
	}
	if got.Version != "2.0" || got.RawPath != "/api/x" || got.RawQueryString != "q=1" || got.Body != "body" || got.Cookies[0] != "k=v" ||
		got.RequestContext.HTTP.Method != "POST" || got.RequestContext.HTTP.SourceIP != "127.0.0.1" {
		t.Errorf("event %+v", got)
	}
}
