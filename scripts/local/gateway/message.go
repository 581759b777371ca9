package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

// receive handles a message: at once, or after the previous ones. It is called by the reader, whose
// stack stays small because the work is done by another goroutine.
func (c *connection) receive(body string) {
	if c.hasEnded() {
		return // a frame after the close frame is ignored
	}
	c.touch()
	c.gateway.options.Meter.MessageIn(len(body))
	c.gateway.options.Frame(c.id, true, body)
	at := c.requestTime()
	throttled := !c.gateway.socketStage.Allow() || !c.gateway.requests.Allow()
	handle := func() {
		e := c.gateway.messageEvent(c.peer, body, at)
		if throttled {
			c.gateway.options.Trace(c.id, "→ "+c.gateway.options.Describe(body)+"  throttled")
			_ = c.send(errorFrame("Too Many Requests", e.RequestContext))
			return
		}
		c.handle(e)
	}
	if c.serial != nil {
		c.serial <- handle
		return
	}
	c.gateway.running.Add(1)
	go func() {
		defer c.gateway.running.Done()
		handle()
	}()
}

// requestTime returns the request time of a message. Only the reader calls it.
func (c *connection) requestTime() time.Time {
	now := time.Now()
	if c.gateway.options.RequestTimes == DistinctTimes && now.UnixMilli() <= c.requested {
		now = time.UnixMilli(c.requested + 1)
	}
	c.requested = now.UnixMilli()
	return now
}

// handle invokes the route's function and sends its answer or an error frame.
func (c *connection) handle(e event) {
	o := c.gateway.options
	if o.Routes.Default == "" {
		_ = c.send(errorFrame("Forbidden", e.RequestContext))
		return
	}
	start := time.Now()
	answer, delivered, err := c.gateway.invoke(o.Routes.Default, e)
	took := time.Since(start).Round(time.Microsecond)
	what := fmt.Sprintf("→ %s  %d B", o.Describe(*e.Body), len(*e.Body))
	switch {
	case errors.Is(err, errTimeout):
		o.Trace(c.id, fmt.Sprintf("%s  timed out  %v", what, took))
		_ = c.send(errorFrame("Endpoint request timed out", e.RequestContext))
	case err != nil:
		o.Trace(c.id, fmt.Sprintf("%s  failed  %v", what, took))
		_ = c.send(errorFrame("Internal server error", e.RequestContext))
	case o.Routes.OneWay, o.RouteResponse == mode.FilledRouteResponse && answer.Body == "":
		o.Trace(c.id, fmt.Sprintf("%s  %v", what, took))
	case len(answer.Body) > maxPost:
		o.Trace(c.id, fmt.Sprintf("%s  ← %d B are too many  %v", what, len(answer.Body), took))
		_ = c.send(errorFrame("Internal server error", e.RequestContext))
	default:
		outcome := ""
		if err := c.send([]byte(answer.Body)); err != nil {
			outcome = "  not sent: " + err.Error()
		}
		o.Trace(c.id, fmt.Sprintf("%s  ← %s  %d B  %v%s", what, o.Describe(answer.Body), len(answer.Body), took, outcome))
	}
	delivered()
}

// errTimeout: an integration took longer than the gateway waits.
var errTimeout = errors.New("integration timed out")

// call runs a route's function and returns its raw result. The function goes on when the
// client leaves, and when the gateway stops waiting.
func (g *Gateway) call(function string, payload []byte) ([]byte, func(), error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), g.options.IntegrationTimeout, errTimeout)
	defer cancel()
	result, delivered, err := g.options.Functions.Invoke(ctx, function, payload)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(errTimeout, err)
	}
	return result, delivered, err
}

// invoke runs a route's function with an event and decodes its answer.
func (g *Gateway) invoke(function string, e event) (response, func(), error) {
	result, delivered, err := g.call(function, mustJSON(e))
	if err != nil {
		return response{}, delivered, err
	}
	answer, err := decodeResponse(result)
	return answer, delivered, err
}

// isThrottled reports whether a function has not run because too many were running.
func isThrottled(err error) bool {
	var t interface{ Throttled() bool }
	return errors.As(err, &t) && t.Throttled()
}
