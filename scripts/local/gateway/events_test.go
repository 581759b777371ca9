package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// checked decodes an event, checks what differs from run to run in its context, and
// puts fixed values in its place.
func checked(t *testing.T, payload string) map[string]any {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal([]byte(payload), &e); err != nil {
		t.Fatal(err)
	}
	c := e["requestContext"].(map[string]any)
	if c["requestId"] != c["extendedRequestId"] {
		t.Errorf("requestId %v differs from extendedRequestId %v", c["requestId"], c["extendedRequestId"])
	}
	for _, name := range []string{"connectionId", "requestId", "extendedRequestId", "messageId"} {
		if id, ok := c[name]; ok && !idForm.MatchString(id.(string)) {
			t.Errorf("%s %v is not of AWS's form", name, id)
		} else if ok {
			c[name] = "ID"
		}
	}
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", c["requestTime"].(string))
	epoch := time.UnixMilli(int64(c["requestTimeEpoch"].(float64)))
	if err != nil || !strings.HasSuffix(c["requestTime"].(string), " +0000") || !at.Equal(epoch.Truncate(time.Second)) {
		t.Errorf("requestTime %v and requestTimeEpoch %v, %v", c["requestTime"], epoch, err)
	}
	connected := time.UnixMilli(int64(c["connectedAt"].(float64)))
	if age := time.Since(connected); age < 0 || age > time.Minute || connected.After(epoch) {
		t.Errorf("connectedAt %v", connected)
	}
	checkForwarded(t, e)
	c["requestTime"], c["requestTimeEpoch"], c["connectedAt"] = "TIME", "EPOCH", "CONNECTED"
	c["domainName"] = strings.Split(c["domainName"].(string), ":")[0]
	return e
}

// forwarded are the headers that AWS adds to $connect.
var forwarded = map[string]*regexp.Regexp{
	"X-Forwarded-For":   regexp.MustCompile(`^(192\.0\.2\.7, )?127\.0\.0\.1$`),
	"X-Forwarded-Port":  regexp.MustCompile(`^\d+$`),
	"X-Forwarded-Proto": regexp.MustCompile(`^http$`),
	"X-Amzn-Trace-Id":   regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`),
	"X-Amz-Cf-Id":       regexp.MustCompile(`^[A-Za-z0-9_-]{56}$`),
	"Via":               regexp.MustCompile(`^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$`),
}

// checkForwarded checks the headers that AWS adds to $connect, and removes them.
func checkForwarded(t *testing.T, e map[string]any) {
	t.Helper()
	if e["requestContext"].(map[string]any)["eventType"] != "CONNECT" {
		return
	}
	headers, multi := e["headers"].(map[string]any), e["multiValueHeaders"].(map[string]any)
	for name, form := range forwarded {
		value, _ := headers[name].(string)
		if !form.MatchString(value) || !reflect.DeepEqual(multi[name], []any{value}) {
			t.Errorf("header %s is %q and %v", name, value, multi[name])
		}
		delete(headers, name)
		delete(multi, name)
	}
}

func sameJSON(t *testing.T, what string, got map[string]any, want string) {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, w) {
		g, _ := json.MarshalIndent(got, "", " ")
		t.Errorf("%s:\n%s\nwant\n%s", what, g, want)
	}
}

// handshake sends an upgrade as it is written and returns the line.
func handshake(t *testing.T, s *stage, head string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestConnectEventHasHeadersAsWrittenAndTheQuery(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"connect": keeps(payloads, "")})
	handshake(t, s, `GET /socket.io/?EIO=4&transport=websocket&a=1&a=2 HTTP/1.1
host: api.example
upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
sec-websocket-version: 13
User-Agent: test/1
x-forwarded-for: 192.0.2.7
X-mixed-Case: one
X-mixed-Case: two`)
	sameJSON(t, "$connect", checked(t, next(t, payloads)), `{
		"headers": {"host": "api.example", "upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
			"sec-websocket-version": "13", "User-Agent": "test/1", "X-mixed-Case": "two"},
		"multiValueHeaders": {"host": ["api.example"], "upgrade": ["websocket"], "Connection": ["Upgrade"], "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ=="],
			"sec-websocket-version": ["13"], "User-Agent": ["test/1"], "X-mixed-Case": ["one", "two"]},
		"queryStringParameters": {"EIO": "4", "transport": "websocket", "a": "2"},
		"multiValueQueryStringParameters": {"EIO": ["4"], "transport": ["websocket"], "a": ["1", "2"]},
		"requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "extendedRequestId": "ID", "requestTime": "TIME", "messageDirection": "IN",
			"stage": "local", "connectedAt": "CONNECTED", "requestTimeEpoch": "EPOCH", "identity": {"userAgent": "test/1", "sourceIp": "127.0.0.1"},
			"requestId": "ID", "domainName": "api.example", "connectionId": "ID", "apiId": "local"},
		"isBase64Encoded": false}`)
}

func TestConnectEventWithoutQueryHasNoQueryField(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"connect": keeps(payloads, "")})
	s.wire()
	e := checked(t, next(t, payloads))
	for _, name := range []string{"queryStringParameters", "multiValueQueryStringParameters", "body"} {
		if v, ok := e[name]; ok {
			t.Errorf("%s is %v", name, v)
		}
	}
}

func TestMessageEventHasOnlyContextBodyAndEncoding(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"message": keeps(payloads, "6")})
	// A body that is valid JSON without a selected value goes to $default as well.
	w := s.wire()
	w.frame(ws.OpText, true, []byte(`2`))
	e := checked(t, next(t, payloads))
	delete(e["requestContext"].(map[string]any)["identity"].(map[string]any), "userAgent")
	sameJSON(t, "message", e, `{
		"requestContext": {"routeKey": "$default", "messageId": "ID", "eventType": "MESSAGE", "extendedRequestId": "ID", "requestTime": "TIME",
			"messageDirection": "IN", "stage": "local", "connectedAt": "CONNECTED", "requestTimeEpoch": "EPOCH", "identity": {"sourceIp": "127.0.0.1"},
			"requestId": "ID", "domainName": "127.0.0.1", "connectionId": "ID", "apiId": "local"},
		"body": "2",
		"isBase64Encoded": false}`)
}

func TestDisconnectEventHasItsFourHeadersAndTheCause(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"disconnect": keeps(payloads, "")})
	s.wire().frame(ws.OpClose, true, ws.NewCloseFrameBody(4001, "bye"))
	e := checked(t, next(t, payloads))
	host := e["headers"].(map[string]any)["Host"].(string)
	if !strings.HasPrefix(host, "127.0.0.1:") {
		t.Errorf("Host is %s", host)
	}
	e["headers"].(map[string]any)["Host"], e["multiValueHeaders"].(map[string]any)["Host"] = "HOST", "HOST"
	sameJSON(t, "$disconnect", e, `{
		"headers": {"Host": "HOST", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""},
		"multiValueHeaders": {"Host": "HOST", "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""]},
		"requestContext": {"routeKey": "$disconnect", "disconnectStatusCode": 4001, "eventType": "DISCONNECT", "extendedRequestId": "ID",
			"requestTime": "TIME", "messageDirection": "IN", "disconnectReason": "bye", "stage": "local", "connectedAt": "CONNECTED",
			"requestTimeEpoch": "EPOCH", "identity": {"sourceIp": "127.0.0.1"}, "requestId": "ID", "domainName": "127.0.0.1",
			"connectionId": "ID", "apiId": "local"},
		"isBase64Encoded": false}`)
}

func TestIDsHaveTheFormOfAWSAndAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := newID()
		if !idForm.MatchString(id) || !validID(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
	if !validID("JC1dgf9yoAMCK-g=") {
		t.Error("AWS's own id is taken for malformed")
	}
	for _, id := range []string{"", "x", "JC1dgf9yoAMCK-g", "0e5bd2b4-9aa5-4f4a-8ff6-9d4ff6e59a4a", "JC1dgf9yoAMCK+g=", "JC1dgf9yoAMCK-gg"} {
		if validID(id) {
			t.Errorf("%q is taken for an id", id)
		}
	}
}

// TestHeadersOfALaterRequestAreCanonical: the first request of a line is the one
// whose head is remembered.
func TestHeadersOfALaterRequestAreCanonical(t *testing.T) {
	payloads := make(chan string, 1)
	s := newRawStage(t, handlers{"connect": keeps(payloads, ""), "http": answers("ok")})
	conn := handshake(t, s, "GET /api/x HTTP/1.1\nhost: a\nx-odd: 1")
	if _, err := conn.Read(make([]byte, 4096)); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	upgrade := "GET / HTTP/1.1\nhost: a\nupgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nsec-websocket-version: 13\n\n"
	if _, err := io.WriteString(conn, strings.ReplaceAll(upgrade, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	var e event
	if err := json.Unmarshal([]byte(next(t, payloads)), &e); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Host": "a", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-Websocket-Version": "13"}
	for name := range forwarded {
		delete(e.Headers, name)
	}
	if !reflect.DeepEqual(e.Headers, want) {
		t.Errorf("headers %v, want %v", e.Headers, want)
	}
}
