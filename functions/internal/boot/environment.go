package boot

import (
	"fmt"
	"log/slog"
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
	o := realtime.Options{
		Log:       e.Log,
		Heartbeat: realtime.Heartbeat(e.Getenv(names.EnvHeartbeat)),
		Dispatch:  realtime.Dispatch(e.Getenv(names.EnvDispatch)),

		RouteResponse: realtime.RouteResponse(e.Getenv(names.EnvRouteResponse)),
	}
	switch o.Heartbeat {
	case "", realtime.Alternate, realtime.Ping, realtime.Noop:
	default:
		return o, fmt.Errorf("environment variable %s: %q is not alternate, ping or noop", names.EnvHeartbeat, o.Heartbeat)
	}
	switch o.Dispatch {
	case "", realtime.Concurrent, realtime.Serial:
	default:
		return o, fmt.Errorf("environment variable %s: %q is not concurrent or serial", names.EnvDispatch, o.Dispatch)
	}
	switch o.RouteResponse {
	case "", realtime.EveryRouteResponse, realtime.FilledRouteResponse:
	default:
		return o, fmt.Errorf("environment variable %s: %q is not every or filled", names.EnvRouteResponse, o.RouteResponse)
	}
	if e.Getenv(names.EnvRecovery) != "" {
		o.Recovery = &realtime.Recovery{SkipMiddlewares: e.Getenv(names.EnvRecoverySkipMiddlewares) == "true"}
	}
	for _, origin := range strings.Split(e.Getenv(names.EnvAllowedOrigins), ",") {
		if origin = strings.TrimSpace(origin); origin != "" {
			o.AllowedOrigins = append(o.AllowedOrigins, origin)
		}
	}
	durations := map[string]*time.Duration{
		names.EnvSweepEvery:     &o.SweepEvery,
		names.EnvPingInterval:   &o.PingInterval,
		names.EnvPingTimeout:    &o.PingTimeout,
		names.EnvConnectTimeout: &o.ConnectTimeout,
		names.EnvLifetime:       &o.Lifetime,
	}
	if o.Recovery != nil {
		durations[names.EnvRecovery] = &o.Recovery.Window
	}
	for name, field := range durations {
		v := e.Getenv(name)
		if v == "" {
			continue
		}
		d, err := time.ParseDuration(v)
		if err != nil || d < time.Millisecond {
			return o, fmt.Errorf("environment variable %s: %q is not a duration of a millisecond or more", name, v)
		}
		*field = d
	}
	return o, nil
}
