package boot

import (
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Environment is where a function's settings come from and its log goes.
type Environment struct {
	// Getenv looks a variable up; the names are those of package names.
	Getenv func(string) string
	Log    *slog.Logger
	// App registers the application's own handlers; it may be nil.
	App func(*realtime.Server)
	// Services carries calls to DynamoDB, @connections, SQS and Lambda; nil: the network does.
	Services http.RoundTripper

	recorder *metrics.Recorder
}

// Required returns a variable that a function cannot do without.
func (e Environment) Required(name string) (string, error) {
	if v := e.Getenv(name); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("environment variable %s is not set", name)
}

// settings returns the engine's options as far as the environment decides them.
func (e Environment) settings() (realtime.Options, error) {
	o := realtime.Options{Log: e.Log}
	var callTimeout time.Duration // HTTPClient reads it
	err := errors.Join(
		e.read(names.EnvHeartbeat, &o.Heartbeat),
		e.read(names.EnvDispatch, &o.Dispatch),
		e.read(names.EnvRouteResponse, &o.RouteResponse),
		e.read(names.EnvClientErrors, &o.ClientErrors),
		e.readDuration(names.EnvCallTimeout, &callTimeout),
		e.readDuration(names.EnvSweepEvery, &o.SweepEvery),
		e.readDuration(names.EnvPingInterval, &o.PingInterval),
		e.readDuration(names.EnvPingTimeout, &o.PingTimeout),
		e.readDuration(names.EnvConnectTimeout, &o.ConnectTimeout),
		e.readDuration(names.EnvLifetime, &o.Lifetime),
		e.readNumber(names.EnvPostsPerSecond, &o.Pace.PerSecond),
		e.readDuration(names.EnvPostDeadline, &o.Pace.Deadline),
	)
	if e.Getenv(names.EnvRecovery) != "" {
		o.Recovery = &realtime.Recovery{SkipMiddlewares: e.Getenv(names.EnvRecoverySkipMiddlewares) == "true"}
		err = errors.Join(err, e.readDuration(names.EnvRecovery, &o.Recovery.Window))
	}
	o.AllowedOrigins, o.Headers = e.list(names.EnvAllowedOrigins), e.list(names.EnvHeaders)
	return o, err
}

// list returns the values of a comma-separated variable.
func (e Environment) list(name string) (values []string) {
	for value := range strings.SplitSeq(e.Getenv(name), ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

// read sets v from a variable. One that is not set leaves the default.
func (e Environment) read(name string, v encoding.TextUnmarshaler) error {
	text := e.Getenv(name)
	if err := v.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("environment variable %s=%q %w", name, text, err)
	}
	return nil
}

func (e Environment) readNumber(name string, v *int) error {
	text := e.Getenv(name)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return fmt.Errorf("environment variable %s=%q must be a positive whole number", name, text)
	}
	*v = n
	return nil
}

func (e Environment) readDuration(name string, v *time.Duration) error {
	text := e.Getenv(name)
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond {
		return fmt.Errorf("environment variable %s=%q must be a duration of a millisecond or more", name, text)
	}
	*v = d
	return nil
}
