package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/coder/websocket"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// besideOthers lets a test run beside others, each in its own cloud. What writes the
// documentation needs their order.
func besideOthers(t *testing.T) {
	if !*update {
		t.Parallel()
	}
}

// sweepEvery is so long that the sweep runs only when a test invokes it.
const sweepEvery = 1000 * time.Hour

// bench is a local cloud for measuring.
type bench struct {
	*testing.T
	cloud *cloud.Cloud
	// filled: nothing answers a message that has no answer of its own.
	filled bool
	aws    *lambda.Client
	// connected is when the last connection came.
	connected time.Time
	// swept is how often settle ran.
	swept int
}

func newBench(t *testing.T, heartbeat mode.Heartbeat, options ...func(*cloud.Options)) *bench {
	t.Helper()
	o := cloud.Options{
		SweepEvery: sweepEvery,
		Environment: map[string]string{
			names.EnvHeartbeat: string(heartbeat), names.EnvPresenceGrace: "1ms",
			// One person fills rooms.
			names.EnvMaxSockets: "1000", names.EnvDeliveriesBurst: "1000000", names.EnvDeliveriesPerSecond: "1000000",
		},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	for _, set := range options {
		set(&o)
	}
	c, err := cloud.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	endpoint := strings.TrimSuffix(c.ManagementURL(), "/local")
	return &bench{T: t, cloud: c, aws: lambda.New(lambda.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: cloud.Key(names.API), SecretAccessKey: "local"}, nil
		}),
	})}
}

// youth is how old a connection must be to get a heartbeat, and to be no member whose CONNECT may
// wait for its reply.
const youth = 9 * time.Second

// mature waits until all that was noted of connections is old enough to be forgotten.
func (b *bench) mature() { time.Sleep(time.Until(b.connected.Add(store.ClaimLease + time.Second))) }

// ripen waits until every connection is that old.
func (b *bench) ripen() { time.Sleep(time.Until(b.connected.Add(youth))) }

// sweep runs one tick of the sweep, after every connection is old enough for it.
func (b *bench) sweep(tick int) {
	b.Helper()
	b.ripen()
	at := time.Unix(0, 0).Add(time.Duration(tick) * sweepEvery)
	out, err := b.aws.Invoke(b.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(names.Sweep),
		Payload:      []byte(`{"time":"` + at.UTC().Format(time.RFC3339) + `"}`),
	})
	if err != nil || out.FunctionError != nil {
		b.Fatalf("sweep: %v, %s", err, out.Payload)
	}
}

// settleAll is settle when all that was noted before is old enough to be forgotten.
func (b *bench) settleAll() Calls {
	b.Helper()
	b.mature()
	return b.settle()
}

// settle lets the sweep tell of those who came and are gone, and returns its calls.
func (b *bench) settle() Calls {
	b.Helper()
	b.swept++
	return b.count(func() { b.sweep(b.swept * store.Slots) }, map[string]float64{names.Sweep: 1})
}

// count returns the calls that f causes. It waits until the functions have run as often as
// expected.
func (b *bench) count(f func(), invocations map[string]float64) Calls {
	b.Helper()
	b.cloud.Meter().Reset()
	f()
	var c Calls
	for range (wait.Backoff{First: time.Millisecond, Factor: 1, For: 10 * time.Second}).Attempts(b.Context()) {
		c = callsOf(b.cloud.Meter().Report())
		settled := true
		for function, n := range invocations {
			settled = settled && c.Invocations[function] >= n
		}
		if settled {
			return c
		}
	}
	b.Fatalf("the functions ran %v, want %v", c.Invocations, invocations)
	return c
}

// callsOf returns a meter's counts without those of the HTTP API's function, whose key the
// test uses.
func callsOf(r meter.Report) Calls {
	return callsIn(r, func(function string) bool { return function != names.API })
}

// allCallsOf returns a meter's counts.
func allCallsOf(r meter.Report) Calls { return callsIn(r, func(string) bool { return true }) }

func callsIn(r meter.Report, of func(function string) bool) Calls {
	c := Calls{In: float64(r.Messages.In), Out: float64(r.Messages.Out), Invocations: map[string]float64{}}
	for _, call := range r.Calls {
		if of(call.Function) {
			c.AWS += float64(call.Count)
			c.ReadUnits += call.ReadUnits
			c.WriteUnits += call.WriteUnits
		}
	}
	for _, i := range r.Invocations {
		if i.Count > 0 {
			c.Invocations[i.Function] = float64(i.Count)
		}
	}
	return c
}

// signIn returns the token of a new guest.
func (b *bench) signIn() string {
	b.Helper()
	answer, err := http.Post(b.cloud.URL()+"/api/session", "application/json", strings.NewReader(`{"name":"Ada Lovelace"}`))
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var session struct{ Token string }
	if err := json.NewDecoder(answer.Body).Decode(&session); err != nil || session.Token == "" {
		b.Fatalf("sign-in: %s, %v", answer.Status, err)
	}
	return session.Token
}

// client is one connection. It has a browser's headers, because their size is part of every
// message's price.
type client struct {
	b      *bench
	conn   *websocket.Conn
	frames chan string
}

var browser = http.Header{
	"Origin":          {"https://d1234567890abc.cloudfront.net"},
	"User-Agent":      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"},
	"Accept-Encoding": {"gzip, deflate, br, zstd"},
	"Accept-Language": {"en-GB,en;q=0.9"},
	"Cache-Control":   {"no-cache"},
	"Pragma":          {"no-cache"},
}

// connect connects a socket.
func (b *bench) connect(token string) *client {
	b.Helper()
	return b.connectWith(token, browser)
}

// connectWith connects a socket with these headers.
func (b *bench) connectWith(token string, headers http.Header) *client {
	b.Helper()
	conn, _, err := websocket.Dial(b.Context(), b.cloud.URL()+"/socket.io/?EIO=4&transport=websocket",
		&websocket.DialOptions{HTTPHeader: headers})
	if err != nil {
		b.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	b.Cleanup(func() { _ = conn.CloseNow() })
	c := &client{b, conn, make(chan string, 100)}
	go c.read()
	c.await(`0{"sid"`)
	c.send(`40{"token":"` + token + `"}`)
	c.await(`40{"sid"`)
	if !b.filled {
		c.await("6") // the message's answer: its function has returned
	}
	b.connected = time.Now()
	return c
}

func (c *client) read() {
	defer close(c.frames)
	for {
		_, frame, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		c.frames <- string(frame)
	}
}

func (c *client) send(frame string) {
	c.b.Helper()
	if err := c.conn.Write(c.b.Context(), websocket.MessageText, []byte(frame)); err != nil {
		c.b.Fatal(err)
	}
}

// await returns the next frame with a prefix and drops those before it.
func (c *client) await(prefix string) string {
	c.b.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case frame, open := <-c.frames:
			if !open {
				c.b.Fatalf("the connection ended before %s", prefix)
			}
			if strings.HasPrefix(frame, prefix) {
				return frame
			}
		case <-timeout:
			c.b.Fatalf("%s never came", prefix)
		}
	}
}

// request emits an event and returns its acknowledgement.
func (c *client) request(event, argument string) string {
	c.b.Helper()
	c.send(`421["` + event + `",` + argument + `]`)
	answer := c.await(`431[`)
	if !strings.Contains(answer, `"ok":true`) {
		c.b.Fatalf("%s: %s", event, answer)
	}
	return answer
}

// createRoom makes a group and returns its id.
func (c *client) createRoom() string {
	c.b.Helper()
	return c.b.roomIn(c.request("createRoom", `{"name":"Twenty people","kind":"group"}`))
}

// roomIn returns the id of the room in an acknowledgement.
func (b *bench) roomIn(answer string) string {
	b.Helper()
	var ack []struct{ Room struct{ ID string } }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "431")), &ack); err != nil {
		b.Fatal(err)
	}
	return ack[0].Room.ID
}

// close closes the connection as a tab does that is closed.
func (c *client) close() {
	c.b.Helper()
	if err := c.conn.Close(websocket.StatusGoingAway, ""); err != nil {
		c.b.Fatal(err)
	}
}
