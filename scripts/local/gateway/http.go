package gateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// maxHTTPBody is what an HTTP API takes (quotas: 10 MB).
const maxHTTPBody = 10 << 20

// ServeHTTPAPI passes a request to the HTTP route's function in payload format 2.0.
func (g *Gateway) ServeHTTPAPI(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHTTPBody))
	if err != nil {
		httpError(w, http.StatusRequestEntityTooLarge, "Request Too Long")
		return
	}
	result, delivered, err := g.options.Functions.Invoke(r.Context(), g.options.Routes.HTTP, mustJSON(httpEvent(g, r, body)))
	var answer events.APIGatewayV2HTTPResponse
	if err == nil {
		err = json.Unmarshal(result, &answer)
	}
	if err != nil {
		httpError(w, http.StatusInternalServerError, "Internal Server Error")
	} else {
		writeHTTP(w, answer)
	}
	delivered()
	g.options.Trace("", fmt.Sprintf("%s %s %d  %v", r.Method, r.URL.Path, answer.StatusCode, time.Since(start).Round(time.Microsecond)))
}

func httpEvent(g *Gateway, r *http.Request, body []byte) events.APIGatewayV2HTTPRequest {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	e := events.APIGatewayV2HTTPRequest{
		Version:        "2.0",
		RouteKey:       "ANY /api/{proxy+}",
		RawPath:        r.URL.Path,
		RawQueryString: r.URL.RawQuery,
		Headers:        map[string]string{"host": r.Host},
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

func writeHTTP(w http.ResponseWriter, answer events.APIGatewayV2HTTPResponse) {
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			httpError(w, http.StatusInternalServerError, "Internal Server Error")
			return
		}
	}
	w.WriteHeader(max(answer.StatusCode, http.StatusOK))
	_, _ = w.Write(body)
}

func httpError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
