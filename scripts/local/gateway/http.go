package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// maxHTTPBody is the largest body that an HTTP API accepts (quotas: 10 MB).
const maxHTTPBody = 10 << 20

// maxURL is the longest path with its query (quotas: 4,096 characters).
const maxURL = 4096

// maxHeaders bounds the request line and the headers together (quotas: 10,240 bytes).
const maxHeaders = 10_240

// headersTooLarge reports whether a request's line and headers exceed maxHeaders.
func headersTooLarge(r *http.Request) bool {
	size := len(r.Method) + len(r.URL.RequestURI()) + len(r.Proto) + len("Host") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size > maxHeaders
}

// HasRoute reports whether the HTTP API has a route for a path, with any method.
func (g *Gateway) HasRoute(path string) bool {
	return slices.ContainsFunc(*g.http.Load(), func(r HTTPRoute) bool {
		method, _, _ := strings.Cut(r.Key, " ")
		return r.score(method, path) >= 0
	})
}

// ServeHTTPAPI passes a request to the HTTP route's function in payload format 2.0.
func (g *Gateway) ServeHTTPAPI(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	status := g.serveHTTPAPI(w, r)
	g.options.Trace("", fmt.Sprintf("%s %s %d  %v", r.Method, r.URL.Path, status, time.Since(start).Round(time.Microsecond)))
}

func (g *Gateway) serveHTTPAPI(w http.ResponseWriter, r *http.Request) (status int) {
	if !g.httpStage.Allow() || !g.requests.Allow() {
		return httpError(w, http.StatusTooManyRequests, "Too Many Requests")
	}
	if len(r.URL.RequestURI()) > maxURL {
		return httpError(w, http.StatusRequestURITooLong, "URI Too Long")
	}
	if headersTooLarge(r) {
		return httpError(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
	}
	if g.options.Routes.CORS.setHeaders(w, r) {
		w.WriteHeader(http.StatusNoContent)
		return http.StatusNoContent
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHTTPBody))
	if err != nil {
		return httpError(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	route, ok := g.route(r.Method, r.URL.Path)
	if !ok {
		return httpError(w, http.StatusNotFound, "Not Found")
	}
	if route.JWT != nil && route.JWT.authorize(r) != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return httpError(w, http.StatusUnauthorized, "Unauthorized")
	}
	result, delivered, err := g.call(route.Function, mustJSON(g.httpEvent(r, route, body)))
	defer delivered()
	switch {
	case errors.Is(err, errTimeout), isThrottled(err):
		return httpError(w, http.StatusServiceUnavailable, "Service Unavailable")
	case err != nil:
		return httpError(w, http.StatusInternalServerError, "Internal Server Error")
	}
	return writeHTTP(w, result)
}

func (g *Gateway) httpEvent(r *http.Request, route HTTPRoute, body []byte) events.APIGatewayV2HTTPRequest {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	e := events.APIGatewayV2HTTPRequest{
		Version:        "2.0",
		RouteKey:       route.Key,
		RawPath:        r.URL.Path,
		RawQueryString: r.URL.RawQuery,
		Headers:        map[string]string{"host": r.Host},
		PathParameters: route.parameters(r.URL.Path),
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			e.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	if query := r.URL.Query(); len(query) > 0 {
		e.QueryStringParameters = map[string]string{}
		for name, values := range query {
			e.QueryStringParameters[name] = strings.Join(values, ",")
		}
	}
	if utf8.Valid(body) {
		e.Body = string(body)
	} else {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	now := time.Now()
	e.RequestContext.Stage = "$default"
	e.RequestContext.APIID = g.apiID
	e.RequestContext.RouteKey = e.RouteKey
	e.RequestContext.RequestID = newID()
	e.RequestContext.DomainName = r.Host
	e.RequestContext.Time = now.UTC().Format("02/Jan/2006:15:04:05 -0700")
	e.RequestContext.TimeEpoch = now.UnixMilli()
	e.RequestContext.HTTP.Method = r.Method
	e.RequestContext.HTTP.Path = r.URL.Path
	e.RequestContext.HTTP.Protocol = r.Proto
	e.RequestContext.HTTP.SourceIP = address
	e.RequestContext.HTTP.UserAgent = r.UserAgent()
	return e
}

// writeHTTP writes a function's answer. A result without a status is the body itself, as
// JSON (HTTP API developer guide, "Format 2.0").
func writeHTTP(w http.ResponseWriter, result []byte) (status int) {
	var answer events.APIGatewayV2HTTPResponse
	if json.Unmarshal(result, &answer) != nil || answer.StatusCode == 0 {
		answer = events.APIGatewayV2HTTPResponse{
			StatusCode: http.StatusOK,
			Headers:    map[string]string{"Content-Type": "application/json"},
			Body:       string(result),
		}
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return httpError(w, http.StatusInternalServerError, "Internal Server Error")
		}
	}
	if answer.StatusCode < 200 || answer.StatusCode > 599 {
		return httpError(w, http.StatusInternalServerError, "Internal Server Error")
	}
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(body)
	return answer.StatusCode
}

func httpError(w http.ResponseWriter, status int, message string) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
	return status
}
