package gateway

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// IsUpgrade reports whether a request wants to become a WebSocket.
func IsUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// ServeWebSocket handles $connect. The upgrade waits for the function: if it refuses, its
// status is the answer's, and if it fails, the status is 502.
func (g *Gateway) ServeWebSocket(w http.ResponseWriter, r *http.Request) {
	if !g.begin() {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer g.running.Done()
	if len(r.URL.RequestURI()) > maxURL {
		http.Error(w, http.StatusText(http.StatusRequestURITooLong), http.StatusRequestURITooLong)
		return
	}
	if headersTooLarge(r) {
		http.Error(w, http.StatusText(http.StatusRequestHeaderFieldsTooLarge), http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	if status := handshakeStatus(r); status != http.StatusSwitchingProtocols {
		http.Error(w, http.StatusText(status), status)
		return
	}
	p := newPeer(r)
	e := g.connectEvent(p, r)
	if !g.socketStage.Allow() || !g.connects.Allow() {
		g.options.Trace(p.id, "$connect 429: too many new connections")
		refuse(w, http.StatusTooManyRequests, "Too Many Requests", e.RequestContext)
		return
	}
	select {
	case g.starting <- struct{}{}:
		defer func() { <-g.starting }()
	case <-r.Context().Done():
		return // the client has left
	}
	start := time.Now()
	answer, delivered, err := response{StatusCode: http.StatusOK}, func() {}, error(nil)
	if g.options.Routes.Connect != "" { // the route is optional
		answer, delivered, err = g.invoke(g.options.Routes.Connect, e)
	}
	took := time.Since(start).Round(time.Microsecond)
	switch {
	case err != nil:
		g.options.Trace(p.id, fmt.Sprintf("$connect failed  %v", took))
		refuse(w, http.StatusBadGateway, "Internal server error", e.RequestContext)
		delivered()
		return
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		g.options.Trace(p.id, fmt.Sprintf("$connect %d  %v  %s", answer.StatusCode, took, answer.Body)) // no client gets to know why
		refuse(w, answer.StatusCode, http.StatusText(answer.StatusCode), e.RequestContext)
		delivered()
		return
	}
	protocol := answer.header("Sec-WebSocket-Protocol")
	upgrader := ws.HTTPUpgrader{Protocol: func(offered string) bool { return offered == protocol }}
	socket, buffered, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		g.options.Trace(p.id, "upgrade failed: "+err.Error())
		g.disconnect(p, abnormal)
		delivered()
		return
	}
	g.options.Trace(p.id, fmt.Sprintf("$connect %d  %v", answer.StatusCode, took))
	g.open(p, socket, buffered.Reader)
	delivered()
}

// handshakeStatus returns 101 for a WebSocket handshake (RFC 6455, section 4.2.1), and
// otherwise the status with which it is refused. Then the function is not invoked.
func handshakeStatus(r *http.Request) int {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet, err != nil, len(key) != 16,
		!strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade"):
		return http.StatusBadRequest
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusUpgradeRequired
	default:
		return http.StatusSwitchingProtocols
	}
}

func refuse(w http.ResponseWriter, status int, message string, c requestContext) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(errorFrame(message, c))
}

// disconnect invokes the function of $disconnect.
func (g *Gateway) disconnect(p peer, e ending) {
	if g.options.Routes.Disconnect == "" {
		return
	}
	g.ending <- struct{}{}
	defer func() { <-g.ending }()
	_, delivered, err := g.invoke(g.options.Routes.Disconnect, g.disconnectEvent(p, e))
	outcome := ""
	if err != nil {
		outcome = " failed"
	}
	g.options.Trace(p.id, fmt.Sprintf("$disconnect %d %q%s", e.code, e.reason, outcome))
	delivered()
}
