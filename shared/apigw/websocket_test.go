package apigw

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
)

// connections is a realtime.Gateway that keeps what is posted and closed.
type connections struct {
	mu             sync.Mutex
	posted, closed []string
	// later is how far the server's clock is ahead.
	later time.Duration
}

func (c *connections) Post(_ context.Context, _ string, frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posted = append(c.posted, string(frame))
	return nil
}

func (c *connections) Close(_ context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = append(c.closed, id)
	return nil
}

func newServer(c *connections) *realtime.Server {
	now := func() time.Time { return time.Now().Add(c.later) }
	srv := realtime.NewServer(realtime.Options{Store: memstore.New(now), Gateway: c, Log: slog.New(slog.DiscardHandler), Now: now})
	realtime.On(srv, "double", func(_ context.Context, _ *realtime.Socket, n int) (int, error) { return 2 * n, nil })
	return srv
}

// invoke invokes a handler with an event and decodes its result.
func invoke[Out any](ctx context.Context, t *testing.T, h lambda.Handler, event any) (out Out) {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(result, &out); err != nil {
		t.Fatalf("%s: %v", result, err)
	}
	return out
}

func connectEvent() wsRequest {
	e := wsRequest{
		Headers:               map[string]string{"sec-websocket-protocol": "one, two"},
		QueryStringParameters: map[string]string{"EIO": "4", "transport": "websocket"},
	}
	e.RequestContext.ConnectionID = "c"
	e.RequestContext.RequestTimeEpoch = time.Now().UnixMilli()
	return e
}

func messageEvent(frame string) wsRequest {
	e := wsRequest{Body: frame}
	e.RequestContext.ConnectionID = "c"
	e.RequestContext.RequestTimeEpoch = time.Now().UnixMilli()
	return e
}

func TestEventsOfAConnectionReachTheServer(t *testing.T) {
	c := &connections{}
	srv := newServer(c)
	ctx, after := CollectAfterResponse(t.Context())
	got := invoke[wsResponse](ctx, t, Connect(srv), connectEvent())
	if want := map[string]string{"Sec-WebSocket-Protocol": "one"}; got.StatusCode != http.StatusOK || !reflect.DeepEqual(got.Headers, want) {
		t.Errorf("$connect is answered %+v", got)
	}
	if len(c.posted) > 0 {
		t.Errorf("posted %q before the response", c.posted)
	}
	after(t.Context())
	if len(c.posted) != 1 || !strings.HasPrefix(c.posted[0], "0{") {
		t.Errorf("posted %q, not OPEN", c.posted)
	}
	if got := invoke[wsResponse](t.Context(), t, Message(srv), messageEvent("40")); got.Body != "6" || len(c.posted) != 2 || !strings.HasPrefix(c.posted[1], `40{"sid":`) {
		t.Errorf("CONNECT is answered %+v, posted %q", got, c.posted)
	}
	if got := invoke[wsResponse](t.Context(), t, Message(srv), messageEvent(`421["double",21]`)); got.Body != "431[42]" || got.StatusCode != http.StatusOK {
		t.Errorf("an event is answered %+v", got)
	}
	var reason realtime.Reason
	srv.OnDisconnect(func(_ context.Context, _ *realtime.Socket, r realtime.Reason) error { reason = r; return nil })
	end := messageEvent("")
	end.RequestContext.DisconnectStatusCode = 1001
	if got := invoke[wsResponse](t.Context(), t, Disconnect(srv), end); got.StatusCode != http.StatusOK || reason != realtime.TransportClose {
		t.Errorf("$disconnect is answered %+v, for the reason %q", got, reason)
	}
}

func TestAConnectionThatTheServerRefusesIsAnsweredWithItsStatus(t *testing.T) {
	e := connectEvent()
	e.QueryStringParameters["EIO"] = "3"
	ctx, _ := CollectAfterResponse(t.Context())
	if got := invoke[wsResponse](ctx, t, Connect(newServer(&connections{})), e); got.StatusCode != http.StatusBadRequest || got.Body == "" {
		t.Errorf("answered %+v", got)
	}
}

func TestConnectNeedsWorkAfterTheResponse(t *testing.T) {
	payload, err := json.Marshal(connectEvent())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Connect(newServer(&connections{})).Invoke(t.Context(), payload); err == nil {
		t.Error("a connection that nothing opens was accepted")
	}
}

func TestTheScheduleSweepsTheSlotOfItsTime(t *testing.T) {
	c := &connections{}
	srv := newServer(c)
	ctx, after := CollectAfterResponse(t.Context())
	invoke[wsResponse](ctx, t, Connect(srv), connectEvent())
	after(t.Context())
	invoke[wsResponse](t.Context(), t, Message(srv), messageEvent("40"))
	c.posted, c.later = nil, 5*time.Minute
	start := time.Now()
	for minute := range 18 { // two rounds, one of which pings
		at := start.Add(time.Duration(minute) * time.Minute)
		invoke[none](t.Context(), t, Sweep(srv), events.EventBridgeEvent{Time: at, Detail: json.RawMessage("{}")})
	}
	if len(c.posted) == 0 || len(c.posted) > 2 {
		t.Errorf("two rounds posted %q", c.posted)
	}
}

func TestAFanoutDeliversItsFrames(t *testing.T) {
	c := &connections{}
	d := realtime.Delivery{Namespace: "/", Frames: [][]byte{[]byte(`42["hello"]`)}}
	if err := json.Unmarshal([]byte(`[{"c":"a","s":"1"},{"c":"b","s":"2"}]`), &d.Members); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	invoke[none](t.Context(), t, Fanout(newServer(c)), events.SQSEvent{Records: []events.SQSMessage{{Body: string(body)}}})
	if want := []string{`42["hello"]`, `42["hello"]`}; !reflect.DeepEqual(c.posted, want) {
		t.Errorf("posted %q", c.posted)
	}
}

func TestAnEventThatIsNotJSONIsAnError(t *testing.T) {
	if _, err := Message(newServer(&connections{})).Invoke(t.Context(), []byte("{")); err == nil {
		t.Error("it is accepted")
	}
}
