package gateway

import (
	"context"
	"encoding/json"
	"errors"
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

// ServeWebSocket handles $connect: the upgrade waits for the function, whose refusal
// becomes the answer's status and whose failure 502.
func (g *Gateway) ServeWebSocket(w http.ResponseWriter, r *http.Request) {
	p := newPeer(r)
	e := g.connectEvent(p, r)
	start := time.Now()
	answer, delivered, err := g.invoke(r.Context(), g.options.Routes.Connect, e)
	took := time.Since(start).Round(time.Microsecond)
	switch {
	case err != nil:
		g.options.Trace(p.id, fmt.Sprintf("$connect failed  %v", took))
		refuse(w, http.StatusBadGateway, "Internal server error", e.RequestContext)
		return
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		g.options.Trace(p.id, fmt.Sprintf("$connect %d  %v", answer.StatusCode, took))
		refuse(w, answer.StatusCode, http.StatusText(answer.StatusCode), e.RequestContext)
		return
	}
	protocol := answer.header("Sec-WebSocket-Protocol")
	upgrader := ws.HTTPUpgrader{Protocol: func(offered string) bool { return offered == protocol }}
	socket, buffered, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		g.options.Trace(p.id, "upgrade failed: "+err.Error())
		g.disconnected(p, abnormal)
		return
	}
	g.options.Trace(p.id, fmt.Sprintf("$connect %d  %v", answer.StatusCode, took))
	c := newConnection(g, p, socket, buffered.Reader)
	if !g.add(c) {
		_ = socket.Close()
		return
	}
	g.options.Meter.Connected(c.id)
	delivered()
	go c.write()
	go c.read()
}

// invoke runs a route's function with an event and decodes its answer.
func (g *Gateway) invoke(ctx context.Context, function string, e event) (response, func(), error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.options.IntegrationTimeout)
	defer cancel()
	result, delivered, err := g.options.Functions.Invoke(ctx, function, mustJSON(e))
	var answer response
	if err == nil {
		if err = json.Unmarshal(result, &answer); err == nil && answer.StatusCode == 0 {
			err = errors.New("the function's answer has no statusCode")
		}
	}
	return answer, delivered, err
}

func refuse(w http.ResponseWriter, status int, message string, c requestContext) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(errorFrame(message, c))
}

// disconnected handles $disconnect. Nobody waits for it.
func (g *Gateway) disconnected(p peer, e ending) {
	if g.options.Routes.Disconnect == "" {
		return
	}
	_, delivered, err := g.invoke(context.Background(), g.options.Routes.Disconnect, g.disconnectEvent(p, e))
	outcome := ""
	if err != nil {
		outcome = " failed"
	}
	g.options.Trace(p.id, fmt.Sprintf("$disconnect %d %q%s", e.code, e.reason, outcome))
	delivered()
}
