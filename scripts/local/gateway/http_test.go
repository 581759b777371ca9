package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/gobwas/ws"
)

// httpAnswer is what came of a request.
type httpAnswer struct {
	status int
	kind   string
	body   string
}

func httpDo(t *testing.T, s *stage, method, path, body string) httpAnswer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return httpAnswer{answer.StatusCode, answer.Header.Get("Content-Type"), strings.TrimSpace(string(b))}
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

func TestWhatAnHTTPFunctionAnswersIsWhatTheClientGets(t *testing.T) {
	const kind = "application/json"
	for _, c := range []struct {
		what   string
		result string
		err    error
		want   httpAnswer
	}{
		{"a failure", ``, errors.New("broken"), httpAnswer{500, kind, `{"message":"Internal Server Error"}`}},
		{"JSON without a status", `{"a":1}`, nil, httpAnswer{200, kind, `{"a":1}`}},
		{"base64", `{"statusCode":200,"headers":{"content-type":"x/y"},"body":"aGk=","isBase64Encoded":true}`, nil, httpAnswer{200, "x/y", "hi"}},
		{"broken base64", `{"statusCode":200,"body":"%","isBase64Encoded":true}`, nil, httpAnswer{500, kind, `{"message":"Internal Server Error"}`}},
		{"an impossible status", `{"statusCode":42}`, nil, httpAnswer{500, kind, `{"message":"Internal Server Error"}`}},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newRawStage(t, handlers{"http": func(context.Context, []byte) (any, func(), error) {
				return json.RawMessage(c.result), nil, c.err
			}})
			if got := httpDo(t, s, "GET", "/api/x", ""); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAnHTTPEventJoinsRepeatedValuesAndEncodesBytes(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"http": keeps(payloads, "")})
	httpDo(t, s, "PUT", "/api/rooms/a%20b?x=1&x=2&y=%26", "\xff\xfe")
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal([]byte(next(t, payloads)), &e); err != nil {
		t.Fatal(err)
	}
	type seen struct {
		path, query, body string
		encoded           bool
		parameters        map[string]string
		proxy             string
	}
	got := seen{e.RawPath, e.RawQueryString, e.Body, e.IsBase64Encoded, e.QueryStringParameters, e.PathParameters["proxy"]}
	want := seen{"/api/rooms/a b", "x=1&x=2&y=%26", "//4=", true, map[string]string{"x": "1,2", "y": "&"}, "rooms/a b"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if e.Headers["host"] == "" || e.Headers["content-length"] != "2" {
		t.Errorf("headers %v", e.Headers)
	}
}

func TestAnHTTPFunctionThatTakesTooLongIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Routes: Routes{HTTP: []HTTPRoute{{Key: "$default", Function: "http"}}}, Functions: handlers{"http": func(ctx context.Context, _ []byte) (any, func(), error) {
			<-ctx.Done()
			return nil, nil, ctx.Err()
		}}})
		w, start := httptest.NewRecorder(), time.Now()
		g.ServeHTTPAPI(w, httptest.NewRequest("GET", "/api/x", nil))
		if w.Code != 503 || strings.TrimSpace(w.Body.String()) != `{"message":"Service Unavailable"}` || time.Since(start) != 29*time.Second {
			t.Errorf("after %v: %d %s", time.Since(start), w.Code, w.Body)
		}
	})
}

func TestAURLAbove4096CharactersIsRefused(t *testing.T) {
	s := newRawStage(t, handlers{})
	const path = "/api/x?"
	if got := httpDo(t, s, "GET", path+strings.Repeat("x", maxURL-len(path)), ""); got.status != 200 {
		t.Errorf("at the limit: %+v", got)
	}
	if got := httpDo(t, s, "GET", path+strings.Repeat("x", maxURL-len(path)+1), ""); got.status != http.StatusRequestURITooLong {
		t.Errorf("above: %+v", got)
	}
}

func TestHeadersAbove10240BytesAreRefused(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"connect": keeps(payloads, ""), "http": answers("ok")})
	for _, c := range []struct{ size, page, upgrade int }{
		{9_900, http.StatusOK, 0}, // beside the others of the client
		{10_300, http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestHeaderFieldsTooLarge},
	} {
		header := http.Header{"X-A": {strings.Repeat("a", c.size/2)}, "X-B": {strings.Repeat("b", c.size/2)}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header.Clone()
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.page {
			t.Errorf("%d bytes: status %d", c.size, answer.StatusCode)
		}
		dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(header)}
		conn, _, _, err := dialer.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1))
		var status ws.StatusError
		_ = errors.As(err, &status)
		if int(status) != c.upgrade || len(payloads) != 1-min(c.upgrade, 1) {
			t.Errorf("%d bytes: %v, %d calls of $connect", c.size, err, len(payloads))
		}
		if err == nil {
			conn.Close()
			<-payloads
		}
	}
}

func TestTheGatewayAnswersPagesOfOtherOrigins(t *testing.T) {
	const here, there = "https://chat.example.com", "https://other.example.com"
	some := &CORS{AllowOrigins: []string{here}, AllowMethods: []string{"GET", "POST"}, AllowHeaders: []string{"authorization"}, MaxAge: 300}
	all := &CORS{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}}
	for _, c := range []struct {
		what   string
		cors   *CORS
		method string
		origin string
		want   map[string]string // headers, and under "" the status
	}{
		{"a question", some, "OPTIONS", here, map[string]string{
			"": "204", "Access-Control-Allow-Origin": here, "Access-Control-Allow-Methods": "GET,POST",
			"Access-Control-Allow-Headers": "authorization", "Access-Control-Max-Age": "300", "Vary": "Origin",
		}},
		{"a request", some, "GET", here, map[string]string{"": "200", "Access-Control-Allow-Origin": here, "Vary": "Origin"}},
		{"another origin's question", some, "OPTIONS", there, map[string]string{"": "204"}},
		{"another origin's request", some, "GET", there, map[string]string{"": "200"}},
		{"any origin's request", all, "GET", there, map[string]string{"": "200", "Access-Control-Allow-Origin": "*"}},
		{"a question where nothing is set", nil, "OPTIONS", here, map[string]string{"": "200"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			g := New(Options{Functions: handlers{}, Routes: Routes{CORS: c.cors, HTTP: []HTTPRoute{{Key: "ANY /api/{proxy+}", Function: "http"}}}})
			w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, "/api/x", nil)
			r.Header.Set("Origin", c.origin)
			g.ServeHTTPAPI(w, r)
			got := map[string]string{"": strconv.Itoa(w.Code)}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
					got[name] = w.Header().Get(name)
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestARouteOfAnyPathNamesTheParametersOfItsPattern(t *testing.T) {
	g := New(Options{Routes: Routes{HTTP: []HTTPRoute{
		{Key: "POST /boards/{id}/clear"}, {Key: "GET /boards/{id}/{rest+}"}, {Key: "GET /status"}, {Key: "ANY /api/{proxy+}"},
	}}})
	for _, c := range []struct {
		method, path string
		exists       bool
		parameters   map[string]string
	}{
		{"POST", "/boards/b-1/clear", true, map[string]string{"id": "b-1"}},
		{"GET", "/boards/b-1/strokes/7", true, map[string]string{"id": "b-1", "rest": "strokes/7"}},
		{"GET", "/status", true, nil},
		{"PUT", "/api/rooms/r", true, map[string]string{"proxy": "rooms/r"}},
		{"GET", "/", false, nil},
		{"GET", "/assets/a.js", false, nil},
	} {
		if got := g.HasRoute(c.path); got != c.exists {
			t.Errorf("%s: %v", c.path, got)
		}
		route, _ := g.route(c.method, c.path)
		if got := route.parameters(c.path); !reflect.DeepEqual(got, c.parameters) {
			t.Errorf("%s %s: %v", c.method, c.path, got)
		}
	}
}
