package cloud

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/scripts/local/endpoint"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// API Gateway's error frame is no Engine.IO packet: it cuts the client off. So whatever fails,
// the message function answers.
func TestNoFailureOfAFunctionMakesAPIGatewayWriteItsErrorFrame(t *testing.T) {
	var fault atomic.Pointer[endpoint.Fault]
	c := start(t, Options{
		WithoutChat: true,
		Environment: map[string]string{names.EnvCallTimeout: "100ms"},
		App: func(srv *realtime.Server) {
			srv.Handle("panic", func(context.Context, *realtime.Socket, *realtime.Event) error { panic("ouch") })
			realtime.On(srv, "join", func(ctx context.Context, s *realtime.Socket, _ realtime.None) (string, error) {
				return "joined", s.Join(ctx, "room")
			})
		},
		Intercept: func(call endpoint.Call) endpoint.Fault {
			if f := fault.Load(); f != nil && call.Function == names.Message && call.Service == meter.DynamoDB {
				return *f
			}
			return endpoint.Fault{}
		},
	})
	for what, failing := range map[string]struct {
		fault *endpoint.Fault
		event string
		code  string
	}{
		"a handler panics":                {nil, "panic", "internal"},
		"the database throttles":          {&endpoint.Fault{Status: 400, Code: "ThrottlingException"}, "join", "unavailable"},
		"the database fails":              {&endpoint.Fault{Status: 500, Code: "InternalServerError"}, "join", "unavailable"},
		"the database hangs":              {&endpoint.Fault{Hang: true}, "join", "unavailable"},
		"the database's answers are lost": {&endpoint.Fault{LoseAnswer: true}, "join", "unavailable"},
		"a permission is missing":         {&endpoint.Fault{Status: 400, Code: "AccessDeniedException"}, "join", "unavailable"},
	} {
		conn := dial(t, c)
		write(t, conn, "40")
		until(t, conn, `40{"sid"`)
		fault.Store(failing.fault)
		write(t, conn, `421["`+failing.event+`"]`)
		if got := next(t, conn); !strings.HasPrefix(got, `431[{"ok":false,"error":{"code":"`+failing.code+`"`) {
			t.Errorf("%s: an event is answered with %s", what, got)
		}
		write(t, conn, `42["`+failing.event+`"]`)
		if got := read(t, conn); got != "6" {
			t.Errorf("%s: an event without acknowledgement is answered with %s", what, got)
		}
		fault.Store(nil)
		write(t, conn, `422["join"]`)
		if got := next(t, conn); got != `432["joined"]` {
			t.Errorf("%s: afterwards an event is answered with %s", what, got)
		}
	}
}

// next reads the next frame that is not a noop.
func next(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	for {
		if frame := read(t, conn); frame != "6" {
			return frame
		}
	}
}

// A sweep that runs twice for one event has two visits of every connection at once.
func TestAnEventOfTheScheduleThatComesTwiceEndsAConnectionOnce(t *testing.T) {
	ended := make(chan realtime.Reason, 10)
	c := start(t, Options{
		WithoutChat: true,
		EventsTwice: true,
		Deadlines:   Deadlines{PingInterval: 2 * time.Second, PingTimeout: 4 * time.Second},
		App: func(srv *realtime.Server) {
			srv.OnDisconnect(func(_ context.Context, _ *realtime.Socket, reason realtime.Reason) error {
				ended <- reason
				return nil
			})
			srv.Handle("echo", func(_ context.Context, _ *realtime.Socket, e *realtime.Event) error {
				e.Ack("here")
				return nil
			})
		},
	})
	watcher, silent := dial(t, c), dial(t, c)
	for _, conn := range []*websocket.Conn{watcher, silent} {
		write(t, conn, "40")
		until(t, conn, `40{"sid"`)
	}
	answers := answerPings(t, watcher) // the other does not answer its own
	if got := <-ended; got != realtime.PingTimeout {
		t.Errorf("the silent one ended for %q", got)
	}
	write(t, watcher, `421["echo"]`)
	if got := <-answers; got != `431["here"]` {
		t.Errorf("the other got %q", got)
	}
	if len(ended) > 0 || len(c.Failures()) > 0 {
		t.Errorf("%d more endings, failures %+v", len(ended), c.Failures())
	}
}
