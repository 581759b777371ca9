package realtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/memstore"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// envStore names the variable that chooses the store of these tests: "memory", or DynamoDB
// if it is not set.
const envStore = "CONFAB_TEST_STORE"

var (
	database *dynamodb.Client // nil: in memory
	tables   atomic.Int64
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getenv(envStore) == "memory" {
			return m.Run()
		}
		client, end, err := dynamo.ForTests(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer end()
		database = client
		return m.Run()
	}())
}

// newStore returns an empty store.
func newStore(t *testing.T, now func() time.Time) store.Store {
	t.Helper()
	if database == nil {
		return memstore.New(now)
	}
	prefix := fmt.Sprintf("t%d-", tables.Add(1))
	if err := dynamo.CreateTables(t.Context(), database, dynamo.Tables(prefix)); err != nil {
		t.Fatal(err)
	}
	return realtimestore.New(realtimestore.Options{Client: database, Table: prefix + schema.Realtime.ID, Now: now})
}

// fixture is a server on a store, with a gateway that the test looks into.
type fixture struct {
	*realtime.Server
	t       *testing.T
	store   store.Store
	gateway *realtimetest.Gateway
	clock   *realtimetest.Clock
	log     *bytes.Buffer
}

func newFixture(t *testing.T, options ...func(*realtime.Options)) *fixture {
	t.Helper()
	f := &fixture{
		t:       t,
		gateway: realtimetest.NewGateway(),
		clock:   realtimetest.NewClock(time.Now()),
		log:     &bytes.Buffer{},
	}
	f.store = newStore(t, f.clock.Now)
	o := realtime.Options{
		Store:   f.store,
		Gateway: f.gateway,
		Now:     f.clock.Now,
		Log:     slog.New(slog.NewTextHandler(&synced{w: f.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, set := range options {
		set(&o)
	}
	f.Server = realtime.NewServer(o)
	return f
}

// synced lets several goroutines write.
type synced struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (s *synced) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// open opens a connection as a client does, up to its OPEN frame.
func (f *fixture) open(id string) {
	f.t.Helper()
	f.gateway.Open(id)
	send, err := f.Accept(f.t.Context(), realtime.Upgrade{
		ConnectionID: id,
		Headers:      map[string]string{"Host": "api.example.com", "X-Forwarded-Proto": "https"},
		Query:        map[string]string{"EIO": "4", "transport": "websocket"},
		Address:      "192.0.2.1",
		At:           f.clock.Now(),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	send(f.t.Context())
	if frames := f.gateway.Take(id); len(frames) != 1 || !strings.HasPrefix(frames[0], `0{"sid":"`) {
		f.t.Fatalf("%s: no OPEN but %q", id, frames)
	}
}

// connect opens connections and connects each to "/"; it returns their sids.
func (f *fixture) connect(ids ...string) []string {
	f.t.Helper()
	var sids []string
	for _, id := range ids {
		f.open(id)
		sids = append(sids, f.join(id, "40"))
	}
	return sids
}

// join sends a CONNECT and returns the sid.
func (f *fixture) join(id, frame string) string {
	f.t.Helper()
	reply := f.send(id, frame)
	if reply == "6" {
		frames := f.gateway.Take(id)
		if len(frames) == 0 {
			f.t.Fatalf("%s: no reply to %s", id, frame)
		}
		reply = frames[0]
	}
	var body struct{ SID string }
	if err := json.Unmarshal([]byte(reply[strings.Index(reply, "{"):]), &body); err != nil || body.SID == "" {
		f.t.Fatalf("%s: %s was answered with %s", id, frame, reply)
	}
	return body.SID
}

// send sends a client's frame and returns the route response.
func (f *fixture) send(id, frame string) string {
	return string(f.Receive(f.t.Context(), realtime.Message{ConnectionID: id, Body: frame, At: f.clock.Now()}))
}

// answersPings makes clients answer pings.
func (f *fixture) answersPings() {
	f.gateway.Hear = func(id, frame string) {
		if frame == "2" {
			f.send(id, "3")
		}
	}
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// calls notes what handlers were called with, from any goroutine.
type calls struct {
	mu   sync.Mutex
	list []string
}

func (c *calls) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

func (c *calls) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}
