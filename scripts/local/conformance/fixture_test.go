package conformance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// setting is the configuration of a cloud.
type setting string

const (
	// steady has deadlines that no test meets, and recovery.
	steady setting = "steady"
	// hasty has deadlines that tests wait for, and no recovery.
	hasty setting = "hasty"
	// forgetful recovers sessions for a moment only.
	forgetful setting = "forgetful"
	// blurred may give messages that are sent together the same request time.
	blurred setting = "blurred"
	// silent sends no empty frames, so that functions need no noops.
	silent setting = "silent"
)

// deadlines are those of the hasty clouds. The timeout is long enough for a busy machine to
// answer pings.
var deadlines = cloud.Deadlines{
	PingInterval:   500 * time.Millisecond,
	PingTimeout:    8 * time.Second,
	ConnectTimeout: 8 * time.Second,
}

// never is the time between two sweeps of the other clouds. So every frame there is an answer
// to another one.
const never = 1000 * time.Hour

// window is how long forgetful clouds recover sessions.
const window = time.Second

func (s setting) options(dispatch mode.Dispatch) cloud.Options {
	o := cloud.Options{
		App:         application,
		WithoutChat: true,
		SweepEvery:  never,
		Gateway:     gateway.Options{Dispatch: dispatch},
		Log:         slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	switch s {
	case steady:
		o.Environment = map[string]string{names.EnvRecovery: "2m"}
	case hasty:
		o.Deadlines, o.SweepEvery = deadlines, 0
	case forgetful:
		o.Environment = map[string]string{names.EnvRecovery: window.String()}
	case blurred:
		o.Gateway.RequestTimes = gateway.ClockTimes
	case silent:
		o.Gateway.RouteResponse = mode.FilledRouteResponse
	}
	return o
}

// shared are the clouds of all tests.
var shared = clouds{started: map[key]*cloud.Cloud{}}

type key struct {
	setting  setting
	dispatch mode.Dispatch
}

// clouds starts each cloud when a test first needs it.
type clouds struct {
	mu      sync.Mutex
	started map[key]*cloud.Cloud
}

func (c *clouds) get(t *testing.T, k key) *cloud.Cloud {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started[k] == nil {
		started, err := cloud.Start(context.Background(), k.setting.options(k.dispatch))
		if err != nil {
			t.Fatal(err)
		}
		c.started[k] = started
	}
	return c.started[k]
}

// stop ends the clouds of some settings. It is an error if an asynchronous invocation, such
// as a sweep, has failed.
func (c *clouds) stop(settings ...setting) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for k, started := range c.started {
		if !slices.Contains(settings, k.setting) {
			continue
		}
		delete(c.started, k)
		errs = append(errs, started.Close(context.Background()))
		if failures := started.Failures(); len(failures) > 0 {
			errs = append(errs, fmt.Errorf("%s, %s: failures %+v", k.setting, k.dispatch, failures))
		}
	}
	return errors.Join(errs...)
}

const (
	concurrent = mode.Concurrent
	serial     = mode.Serial
)

// inBothModes runs a test with a cloud of each mode of dispatch.
func inBothModes(t *testing.T, s setting, test func(*testing.T, site)) {
	t.Helper()
	for _, dispatch := range []mode.Dispatch{concurrent, serial} {
		t.Run(string(dispatch), func(t *testing.T) {
			t.Parallel()
			test(t, site{shared.get(t, key{s, dispatch}), dispatch, s == steady || s == forgetful})
		})
	}
}

// site is a cloud, with the properties that tests depend on.
type site struct {
	*cloud.Cloud
	dispatch mode.Dispatch
	recovery bool
}

// suite runs the package's tests and then ends their clouds.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	err := shared.stop(steady, hasty, forgetful, blurred, silent)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait more than they compute.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(suite{m})
}
