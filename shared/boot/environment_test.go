package boot

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

func environment(variables map[string]string) Environment {
	return Environment{Getenv: func(name string) string { return variables[name] }}
}

func TestTheEnvironmentSetsTheEngine(t *testing.T) {
	got, err := environment(map[string]string{
		names.EnvHeartbeat:               "noop",
		names.EnvDispatch:                "serial",
		names.EnvRouteResponse:           "filled",
		names.EnvClientErrors:            "loud",
		names.EnvSweepEvery:              "1s",
		names.EnvPingInterval:            "2s",
		names.EnvPingTimeout:             "3s",
		names.EnvConnectTimeout:          "4s",
		names.EnvLifetime:                "5s",
		names.EnvPostsPerSecond:          "7000",
		names.EnvPostDeadline:            "7s",
		names.EnvRecovery:                "6s",
		names.EnvRecoverySkipMiddlewares: "true",
		names.EnvAllowedOrigins:          "https://a.example, https://b.example,",
		names.EnvHeaders:                 "Cookie, X-Tenant",
	}).settings()
	want := realtime.Options{
		Heartbeat:      mode.Noop,
		Dispatch:       mode.Serial,
		RouteResponse:  mode.FilledRouteResponse,
		ClientErrors:   mode.LoudClientErrors,
		SweepEvery:     time.Second,
		PingInterval:   2 * time.Second,
		PingTimeout:    3 * time.Second,
		ConnectTimeout: 4 * time.Second,
		Lifetime:       5 * time.Second,
		Pace:           realtime.Pace{PerSecond: 7000, Deadline: 7 * time.Second},
		Recovery:       &realtime.Recovery{Window: 6 * time.Second, SkipMiddlewares: true},
		AllowedOrigins: []string{"https://a.example", "https://b.example"},
		Headers:        []string{"Cookie", "X-Tenant"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	if got, err := environment(nil).settings(); err != nil || !reflect.DeepEqual(got, realtime.Options{}) {
		t.Errorf("an empty environment: %+v, %v", got, err)
	}
}

func TestEveryVariableThatCannotBeReadIsNamed(t *testing.T) {
	_, err := environment(map[string]string{
		names.EnvHeartbeat: "loud", names.EnvPingTimeout: "soon", names.EnvRecovery: "1us",
	}).settings()
	want := []string{
		`environment variable CONFAB_HEARTBEAT="loud" must be alternate, ping or noop`,
		`environment variable CONFAB_PING_TIMEOUT="soon" must be a duration of a millisecond or more`,
		`environment variable CONFAB_RECOVERY="1us" must be a duration of a millisecond or more`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("%v\nwant %s", err, strings.Join(want, "\n"))
	}
}
