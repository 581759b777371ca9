package gateway

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/confab-chat/confab/shared/realtime/mode"
)

// bubble runs a test with API Gateway's own durations, in a time that jumps. The
// wire's ends are in the same process.
func bubble(t *testing.T, o Options, h handlers, test func(t *testing.T, g *Gateway, id string, w *wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Functions, o.Routes = h, Routes{Connect: "connect", Disconnect: "disconnect", Default: "message", OneWay: o.Routes.OneWay}
		g := New(o)
		client, server := net.Pipe()
		defer client.Close()
		p := peer{id: newID(), connectedAt: time.Now(), host: "api"}
		g.begin()
		g.open(p, server, bufio.NewReader(server))
		g.running.Done()
		test(t, g, p.id, &wire{Conn: client, t: t, reader: bufio.NewReader(client)})
		client.Close()
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// listen keeps reading, and tells how long it took until the close frame.
func (w *wire) listen() <-chan closeAfter {
	closed, start := make(chan closeAfter, 1), time.Now()
	go func() {
		defer close(closed)
		for {
			f, err := readFrame(w.reader)
			if err != nil {
				return
			}
			if f.Header.OpCode == ws.OpClose {
				code, reason := ws.ParseCloseFrameData(f.Payload)
				closed <- closeAfter{time.Since(start), int(code), reason}
				return
			}
		}
	}()
	return closed
}

type closeAfter struct {
	after  time.Duration
	code   int
	reason string
}

func TestASilentConnectionEndsAfterTenMinutes(t *testing.T) {
	bubble(t, Options{}, handlers{}, func(t *testing.T, _ *Gateway, _ string, w *wire) {
		if got, want := <-w.listen(), (closeAfter{10 * time.Minute, 1001, "Going away"}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestAClientsMessageResetsTheIdleTimer(t *testing.T) {
	bubble(t, Options{}, handlers{"message": answers("6")}, func(t *testing.T, _ *Gateway, _ string, w *wire) {
		closed := w.listen()
		time.Sleep(9 * time.Minute)
		w.frame(ws.OpText, true, []byte("3"))
		if got, want := <-closed, (closeAfter{19 * time.Minute, 1001, "Going away"}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestAMessageToTheClientResetsTheIdleTimer(t *testing.T) {
	bubble(t, Options{}, handlers{}, func(t *testing.T, g *Gateway, id string, w *wire) {
		closed := w.listen()
		time.Sleep(9 * time.Minute)
		c, ok := g.find(id)
		if !ok {
			t.Fatal("it is gone")
		}
		if err := c.send([]byte("2")); err != nil {
			t.Fatal(err)
		}
		if got, want := <-closed, (closeAfter{19 * time.Minute, 1001, "Going away"}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Whether a WebSocket ping of the client resets the timer is not known of AWS, so
// both are there.
func TestAClientsPingResetsTheIdleTimerOnlyIfSaidSo(t *testing.T) {
	for keep, want := range map[bool]time.Duration{false: 10 * time.Minute, true: 19 * time.Minute} {
		bubble(t, Options{PingsKeepAlive: keep}, handlers{}, func(t *testing.T, _ *Gateway, _ string, w *wire) {
			closed := w.listen()
			time.Sleep(9 * time.Minute)
			w.frame(ws.OpPing, true, nil)
			if got := <-closed; got != (closeAfter{want, 1001, "Going away"}) {
				t.Errorf("with %v: got %v, want it after %v", keep, got, want)
			}
		})
	}
}

func TestABusyConnectionEndsAfterTwoHours(t *testing.T) {
	bubble(t, Options{}, handlers{"message": answers("6")}, func(t *testing.T, _ *Gateway, _ string, w *wire) {
		closed := w.listen()
		for {
			select {
			case got := <-closed:
				if want := (closeAfter{2 * time.Hour, 1001, "Going away"}); got != want {
					t.Errorf("got %v, want %v", got, want)
				}
				return
			case <-time.After(7 * time.Minute):
				w.frame(ws.OpText, true, []byte("3"))
			}
		}
	})
}

func TestAnIntegrationTimesOutAfter29Seconds(t *testing.T) {
	slow := func(ctx context.Context, _ []byte) (any, func(), error) {
		<-ctx.Done()
		return nil, nil, ctx.Err()
	}
	bubble(t, Options{}, handlers{"message": slow}, func(t *testing.T, _ *Gateway, id string, w *wire) {
		start := time.Now()
		w.frame(ws.OpText, true, []byte("x"))
		const head = `{"message": "Endpoint request timed out", "connectionId":"`
		got := w.text()
		if took := time.Since(start); took != 29*time.Second || got[:len(head)+len(id)] != head+id {
			t.Errorf("after %v: %s", took, got)
		}
	})
}

// A function's own deadline is an error like another: the gateway has not waited
// for its own.
func TestADeadlineInsideAFunctionIsAnInternalServerError(t *testing.T) {
	fails := func(context.Context, []byte) (any, func(), error) { return nil, nil, context.DeadlineExceeded }
	bubble(t, Options{}, handlers{"message": fails}, func(t *testing.T, _ *Gateway, id string, w *wire) {
		w.frame(ws.OpText, true, []byte("x"))
		const head = `{"message": "Internal server error", "connectionId":"`
		if got := w.text(); got[:len(head)+len(id)] != head+id {
			t.Errorf("got %s", got)
		}
	})
}

func TestAClientThatDoesNotReadIsLost(t *testing.T) {
	var end string
	var at time.Time
	h := handlers{"disconnect": func(_ context.Context, payload []byte) (any, func(), error) {
		end, at = string(payload), time.Now()
		return response{StatusCode: 200}, nil, nil
	}}
	bubble(t, Options{}, h, func(t *testing.T, g *Gateway, id string, _ *wire) {
		start := time.Now()
		c, _ := g.find(id)
		if err := c.send([]byte("x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * writeLimit)
		synctest.Wait()
		if took := at.Sub(start); took != writeLimit || !strings.Contains(end, `"disconnectStatusCode":1006`) {
			t.Errorf("after %v: %s", took, end)
		}
	})
}

func TestAClientThatDoesNotReadDelaysTheCloseByItsGraceAlone(t *testing.T) {
	bubble(t, Options{}, handlers{}, func(t *testing.T, g *Gateway, id string, _ *wire) {
		c, _ := g.find(id)
		if err := c.send([]byte("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		if err := g.Close(t.Context()); err != nil || time.Since(start) > closeGrace {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// Where AWS's behaviour rests on one report, all of it can be had.
func TestRouteResponses(t *testing.T) {
	for _, c := range []struct {
		responses mode.RouteResponse
		oneWay    bool
		bodies    []string
		want      []string
	}{
		{mode.EveryRouteResponse, false, []string{"", "a", "", "b"}, []string{"", "a", "", "b"}},
		{mode.FilledRouteResponse, false, []string{"", "a", "", "b"}, []string{"a", "b"}},
		{mode.EveryRouteResponse, true, []string{"", "a"}, nil},
	} {
		body := ""
		h := handlers{"message": func(context.Context, []byte) (any, func(), error) {
			return response{StatusCode: 200, Body: body}, nil, nil
		}}
		bubble(t, Options{Routes: Routes{OneWay: c.oneWay}, RouteResponse: c.responses}, h, func(t *testing.T, g *Gateway, id string, w *wire) {
			got := make(chan string, 10)
			go func() {
				for {
					f, err := readFrame(w.reader)
					if err != nil {
						return
					}
					got <- string(f.Payload)
				}
			}()
			for _, body = range c.bodies {
				w.frame(ws.OpText, true, []byte("x"))
				synctest.Wait()
			}
			if len(got) != len(c.want) {
				t.Errorf("%s: %d frames", c.responses, len(got))
			}
			for _, want := range c.want {
				if frame := <-got; frame != want {
					t.Errorf("%s: got %q, want %q", c.responses, frame, want)
				}
			}
		})
	}
}
