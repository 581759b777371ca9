package gateway

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The events of a WebSocket API, with the fields that Lambda functions receive.

type event struct {
	Headers                         map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders,omitempty"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	RequestContext                  requestContext      `json:"requestContext"`
	Body                            *string             `json:"body,omitempty"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	RouteKey             string   `json:"routeKey"`
	MessageID            string   `json:"messageId,omitempty"`
	DisconnectStatusCode int      `json:"disconnectStatusCode,omitempty"`
	EventType            string   `json:"eventType"`
	ExtendedRequestID    string   `json:"extendedRequestId"`
	RequestTime          string   `json:"requestTime"`
	MessageDirection     string   `json:"messageDirection"`
	DisconnectReason     *string  `json:"disconnectReason,omitempty"`
	Stage                string   `json:"stage"`
	ConnectedAt          int64    `json:"connectedAt"`
	RequestTimeEpoch     int64    `json:"requestTimeEpoch"`
	Identity             identity `json:"identity"`
	RequestID            string   `json:"requestId"`
	DomainName           string   `json:"domainName"`
	ConnectionID         string   `json:"connectionId"`
	APIID                string   `json:"apiId"`
}

type identity struct {
	UserAgent string `json:"userAgent,omitempty"`
	SourceIP  string `json:"sourceIp"`
}

// peer is the part of a connection's request that is in its events.
type peer struct {
	id          string
	connectedAt time.Time
	identity    identity
	host        string
}

func newPeer(r *http.Request) peer {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	return peer{
		id:          newID(),
		connectedAt: time.Now(),
		identity:    identity{UserAgent: r.UserAgent(), SourceIP: address},
		host:        r.Host,
	}
}

// newContext returns the request context of an event.
func (g *Gateway) newContext(p peer, route, kind string, now time.Time) requestContext {
	id := newID()
	return requestContext{
		RouteKey:          route,
		EventType:         kind,
		ExtendedRequestID: id,
		RequestTime:       now.UTC().Format("02/Jan/2006:15:04:05 -0700"),
		MessageDirection:  "IN",
		Stage:             g.options.Stage,
		ConnectedAt:       p.connectedAt.UnixMilli(),
		RequestTimeEpoch:  now.UnixMilli(),
		Identity:          p.identity,
		RequestID:         id,
		DomainName:        p.host,
		ConnectionID:      p.id,
		APIID:             g.apiID,
	}
}

func (g *Gateway) connectEvent(p peer, r *http.Request) event {
	written := originalNames(r)
	multi := map[string][]string{cmp.Or(written["Host"], "Host"): {r.Host}}
	for name, values := range r.Header {
		multi[cmp.Or(written[name], name)] = values
	}
	addForwarded(multi, p)
	return event{
		Headers:                         lastValues(multi),
		MultiValueHeaders:               multi,
		QueryStringParameters:           lastValues(r.URL.Query()),
		MultiValueQueryStringParameters: r.URL.Query(),
		RequestContext:                  g.newContext(p, "$connect", "CONNECT", time.Now()),
	}
}

// addForwarded adds the headers that AWS adds to $connect: of its edge, which is CloudFront's,
// and of the gateway. What the client wrote in X-Forwarded-For stays before its address.
func addForwarded(headers map[string][]string, p peer) {
	forwarded := p.identity.SourceIP
	for name, values := range headers {
		if strings.EqualFold(name, "X-Forwarded-For") {
			forwarded = strings.Join(append(slices.Clone(values), forwarded), ", ")
			delete(headers, name)
		}
	}
	_, port, err := net.SplitHostPort(p.host)
	if err != nil {
		port = "80"
	}
	for name, value := range map[string]string{
		"X-Forwarded-For":   forwarded,
		"X-Forwarded-Port":  port,
		"X-Forwarded-Proto": "http",
		"X-Amzn-Trace-Id":   "Root=1-" + traceID(),
		"X-Amz-Cf-Id":       base64.URLEncoding.EncodeToString(randomBytes(42)),
		"Via":               "1.1 " + hex.EncodeToString(randomBytes(16)) + ".cloudfront.net (CloudFront)",
	} {
		headers[name] = []string{value}
	}
}

// traceID returns a trace id in X-Ray's form without its version.
func traceID() string {
	return fmt.Sprintf("%08x-%s", time.Now().Unix(), hex.EncodeToString(randomBytes(12)))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func (g *Gateway) messageEvent(p peer, body string, at time.Time) event {
	c := g.newContext(p, "$default", "MESSAGE", at)
	c.MessageID = newID()
	return event{RequestContext: c, Body: &body}
}

func (g *Gateway) disconnectEvent(p peer, e ending) event {
	c := g.newContext(p, "$disconnect", "DISCONNECT", time.Now())
	c.DisconnectStatusCode, c.DisconnectReason = e.code, &e.reason
	multi := map[string][]string{"Host": {p.host}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}}
	return event{Headers: lastValues(multi), MultiValueHeaders: multi, RequestContext: c}
}

// lastValues returns the last value of each name, as API Gateway does.
func lastValues[M url.Values | map[string][]string](multi M) map[string]string {
	single := make(map[string]string, len(multi))
	for name, values := range multi {
		if len(values) > 0 {
			single[name] = values[len(values)-1]
		}
	}
	return single
}

// response is a function's answer.
type response struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// decodeResponse decodes a function's answer, which must have a status.
func decodeResponse(result []byte) (response, error) {
	var answer response
	if err := json.Unmarshal(result, &answer); err != nil {
		return answer, fmt.Errorf("decode the function's answer: %w", err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 599 {
		return answer, fmt.Errorf("the function's answer has no valid statusCode: %d", answer.StatusCode)
	}
	return answer, nil
}

func (r response) header(name string) string {
	for key, value := range r.Headers {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// errorFrame returns the text that a client gets when its message could not be handled. Its
// spacing is AWS's: one space after the first colon, and none after the others.
func errorFrame(message string, c requestContext) []byte {
	return []byte(`{"message": "` + message + `", "connectionId":"` + c.ConnectionID + `", "requestId":"` + c.RequestID + `"}`)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // events are of strings and numbers
	}
	return b
}
