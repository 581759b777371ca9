package cloud

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/endpoint"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/shared/names"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a cloud that ends with the test, leaving nothing behind.
func start(t *testing.T, o Options) *Cloud {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return c
}

func do(t *testing.T, method, url, body string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b), answer.Header
}

// signIn returns a guest's token.
func signIn(t *testing.T, c *Cloud, name string) string {
	t.Helper()
	status, body, _ := do(t, "POST", c.URL()+"/api/session", `{"name":"`+name+`"}`)
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(body), &session); err != nil || status != 200 || session.Token == "" {
		t.Fatalf("sign-in: %d %s, %v", status, body, err)
	}
	return session.Token
}

// dial opens a connection and reads its OPEN frame.
func dial(t *testing.T, c *Cloud) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), c.URL()+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if frame := read(t, conn); !strings.HasPrefix(frame, `0{"sid"`) {
		t.Fatalf("the first frame is %s", frame)
	}
	return conn
}

func write(t *testing.T, conn *websocket.Conn, frame string) {
	t.Helper()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, frame, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(frame)
}

// until reads frames up to one with a beginning.
func until(t *testing.T, conn *websocket.Conn, prefix string) string {
	t.Helper()
	for {
		if frame := read(t, conn); strings.HasPrefix(frame, prefix) {
			return frame
		}
	}
}

// answerPings answers pings until the connection ends, and returns the acknowledgements that come.
func answerPings(t *testing.T, conn *websocket.Conn) <-chan string {
	acks := make(chan string, 10)
	go func() {
		defer close(acks)
		for {
			_, frame, err := conn.Read(t.Context())
			switch {
			case err != nil:
				return
			case string(frame) == "2":
				_ = conn.Write(t.Context(), websocket.MessageText, []byte("3")) // the end may be under way
			case strings.HasPrefix(string(frame), "43"):
				acks <- string(frame)
			}
		}
	}()
	return acks
}

func TestTheRealFunctionsServeASocket(t *testing.T) {
	c := start(t, Options{})
	conn := dial(t, c)
	write(t, conn, `40{"token":"`+signIn(t, c, "Ada")+`"}`)
	until(t, conn, `40{"sid"`)
	write(t, conn, `421["createRoom",{"name":"Tea","kind":"channel"}]`)
	if answer := until(t, conn, `431`); !strings.Contains(answer, `"ok":true`) {
		t.Errorf("createRoom: %s", answer)
	}
	if len(c.Failures()) > 0 {
		t.Errorf("failures %+v", c.Failures())
	}
}

func TestTheMeterSeesWhatEachFunctionCalls(t *testing.T) {
	c := start(t, Options{})
	conn := dial(t, c)
	write(t, conn, `40{"token":"`+signIn(t, c, "Ada")+`"}`)
	until(t, conn, `40{"sid"`)
	if status, _, _ := do(t, "POST", c.URL()+"/_local/meter/reset", ""); status != http.StatusNoContent {
		t.Errorf("reset: status %d", status)
	}
	write(t, conn, `421["createRoom",{"name":"Tea","kind":"channel"}]`)
	until(t, conn, `431`)
	status, body, _ := do(t, "GET", c.URL()+"/_local/meter", "")
	var r meter.Report
	if err := json.Unmarshal([]byte(body), &r); err != nil || status != 200 {
		t.Fatalf("meter: %d %s, %v", status, body, err)
	}
	var calls int64
	for _, call := range r.Calls {
		if call.Function != names.Message && call.Function != names.Connect {
			t.Errorf("a call of %s", call.Function)
		}
		calls += call.Count
	}
	if calls == 0 || calls != r.TotalCalls || r.Messages.In != 1 || r.Messages.Out < 1 || r.Dollars.Total <= 0 || r.Dollars.DynamoDB <= 0 {
		t.Errorf("metered %s", body)
	}
}

func TestFaultsReachTheFunctions(t *testing.T) {
	var mu sync.Mutex
	refused := 0
	c := start(t, Options{Intercept: func(call endpoint.Call) endpoint.Fault {
		if call.Function != names.Connect || call.Service != meter.DynamoDB {
			return endpoint.Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		refused++
		return endpoint.Fault{Status: 400, Code: "ValidationException"}
	}})
	_, answer, err := websocket.Dial(t.Context(), c.URL()+"/socket.io/?EIO=4&transport=websocket", nil)
	if err == nil || answer.StatusCode != http.StatusBadGateway {
		t.Errorf("got %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if refused == 0 {
		t.Error("no call was refused")
	}
}

func TestTheSweepRunsOnItsSchedule(t *testing.T) {
	swept := make(chan struct{}, 100)
	start(t, Options{SweepEvery: 50 * time.Millisecond, Intercept: func(call endpoint.Call) endpoint.Fault {
		if call.Function == names.Sweep {
			select {
			case swept <- struct{}{}:
			default:
			}
		}
		return endpoint.Fault{}
	}})
	for range 2 {
		select {
		case <-swept:
		case <-time.After(10 * time.Second):
			t.Fatal("it does not run")
		}
	}
}

func TestCloseEndsConnectionsWith1001AndRunsTheirDisconnect(t *testing.T) {
	traced := make(chan string, 100)
	o := Options{Gateway: gateway.Options{Trace: func(_, what string) { traced <- what }}}
	o.Log = slog.New(slog.DiscardHandler)
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, c)
	closed := make(chan error, 1)
	go func() {
		_, _, err := conn.Read(context.Background())
		closed <- err
	}()
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-closed; websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("closed with %v", err)
	}
	close(traced)
	last := ""
	for what := range traced {
		last = what
	}
	if last != `$disconnect 1001 "Going away"` {
		t.Errorf("the last thing is %s", last)
	}
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(c.URL(), "http://"), time.Second); err == nil {
		t.Error("it still takes connections")
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestDataInAFolderKeepsRoomsAndTheSecretThatSignsGuests(t *testing.T) {
	o := Options{Data: filepath.Join(t.TempDir(), "data"), Log: slog.New(slog.DiscardHandler)}
	first, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	token := signIn(t, first, "Ada")
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(o.Data, "guest-secret"))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 32 {
		t.Errorf("the secret: %v, %v", info, err)
	}
	second := start(t, o)
	conn := dial(t, second)
	write(t, conn, `40{"token":"`+token+`"}`)
	until(t, conn, `40{"sid"`)
}

func TestAnotherDatabaseKeepsTheData(t *testing.T) {
	first := start(t, Options{})
	second := start(t, Options{DynamoDB: first.engine.URL()})
	if second.engine != nil {
		t.Error("the embedded engine runs too")
	}
	conn := dial(t, second)
	write(t, conn, `40{"token":"`+signIn(t, second, "Ada")+`"}`)
	until(t, conn, `40{"sid"`)
	if got := second.Meter().Report().Calls; len(got) == 0 {
		t.Error("its calls are not on the meter")
	}
}

func TestWithoutAFolderEveryRunHasItsOwnSecret(t *testing.T) {
	a, errA := keepSecret("", "name")
	b, errB := keepSecret("", "name")
	if errA != nil || errB != nil || a == b || len(a) < 32 {
		t.Errorf("%q and %q, %v, %v", a, b, errA, errB)
	}
}

func TestWhatCannotStartSaysWhyAndLeavesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for what, o := range map[string]Options{
		"listen":                 {Address: taken.Addr().String()},
		"CONFAB_PING_TIMEOUT":    {Environment: map[string]string{names.EnvPingTimeout: "soon"}},
		"the database's address": {DynamoDB: "://"},
	} {
		o.Log = slog.New(slog.DiscardHandler)
		c, err := Start(t.Context(), o)
		if err == nil || c != nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
