package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
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
	f.mu.Lock()
	handler := map[string]func(events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error){
		"connect": f.connect, "disconnect": f.disconnect, "message": f.message}[name]
	delay := f.delay
	if name == "connect" {
		f.connects = append(f.connects, string(payload))
	}
	f.mu.Unlock()
	if name == "disconnect" {
		f.disconnects <- e
	}
	if name == "message" && delay > 0 {
		select {
		case <-time.After(delay):
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
	o := Options{Functions: f, Routes: Routes{Connect: "connect", Disconnect: "disconnect", Default: "message", HTTP: []HTTPRoute{{Key: "ANY /api/{proxy+}", Function: "http"}}}}
	for _, s := range set {
		s(&o)
	}
	g := New(o)
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if IsUpgrade(r) {
			g.ServeWebSocket(w, r)
		} else {
			g.ServeHTTPAPI(w, r)
		}
	}))
	front.Listener, front.Config.ConnContext = Listener(front.Listener), ConnContext
	front.Start()
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
