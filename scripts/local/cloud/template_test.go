package cloud

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/shared/names"
)

// Otherwise these mistakes would show only after hours.
func TestWhatWouldOnlyShowAfterHoursIsAnError(t *testing.T) {
	for _, c := range []struct {
		what     string
		ttl      string
		reckoned string
		every    time.Duration
		problem  string
	}{
		{"what belongs together", "ttl", "2m0s", 2 * time.Minute, ""},
		{"the default pace", "ttl", "", time.Minute, ""},
		{"no time to live", "", "", time.Minute, `items of the table Realtime would never expire`},
		{"another attribute", "expires", "", time.Minute, `its time to live is "expires" and not "ttl"`},
		{"a slower sweep", "ttl", "1m0s", 5 * time.Minute, "it runs every 5m0s, and assumes 1m0s"},
	} {
		f := template.Function{Name: "Sweep", Environment: map[string]string{names.EnvRealtimeTable: "Realtime"}}
		if c.reckoned != "" {
			f.Environment[names.EnvSweepEvery] = c.reckoned
		}
		err := checkConsistent(f, map[string]string{"Realtime": c.ttl}, map[string]time.Duration{"Sweep": c.every})
		if c.problem == "" && err != nil || c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestOnlyTheEnginesSweepIsTakenForIt(t *testing.T) {
	engine := map[string]string{names.EnvRealtimeTable: "Realtime"}
	for _, c := range []struct {
		f    template.Function
		want bool
	}{
		{template.Function{Name: "ChatRealtimeSweepF5B67D49", Environment: engine}, true},
		{template.Function{Name: "ChatRealtimeMessageA8211083", Environment: engine}, false},
		{template.Function{Name: "DigestF5B67D49", Environment: engine}, false}, // an emitter on a schedule
		{template.Function{Name: "NightlySweepF5B67D49"}, false},
	} {
		if got := isSweep(c.f); got != c.want {
			t.Errorf("%s: %v", c.f.Name, got)
		}
		err := checkConsistent(c.f, nil, map[string]time.Duration{c.f.Name: time.Hour})
		if sweepsTooSlowly := err != nil; sweepsTooSlowly != c.want {
			t.Errorf("%s every hour: %v", c.f.Name, err)
		}
	}
}

// readTestTemplate returns the deployment of the reader's test template, with changes to its text.
func readTestTemplate(t *testing.T, o Options, changes ...string) *deployment {
	t.Helper()
	text, err := os.ReadFile("../template/testdata/stack.template.json")
	if err != nil {
		t.Fatal(err)
	}
	o.Template = filepath.Join(t.TempDir(), "stack.template.json")
	changed := strings.NewReplacer(append(changes, `"arm64"`, `"`+architecture()+`"`)...).Replace(string(text))
	if err := os.WriteFile(o.Template, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := fromTemplate(o, addresses{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSweepEveryChangesTheScheduleOfTheEnginesSweepAlone(t *testing.T) {
	o := Options{SweepEvery: 3 * time.Second}
	sweep := []string{`"Message"`, `"Sweep"`, `"TABLE":`, `"CONFAB_SWEEP_EVERY": "5m0s", "CONFAB_REALTIME_TABLE":`}
	if got := readTestTemplate(t, o, sweep...).schedules["Sweep"]; got != 3*time.Second {
		t.Errorf("the engine's sweep runs every %v", got)
	}
	if got := readTestTemplate(t, o).schedules["Message"]; got != 5*time.Minute {
		t.Errorf("another function with a schedule runs every %v", got)
	}
}

func TestASettingReplacesWhatATemplateSays(t *testing.T) {
	o := Options{Environment: map[string]string{names.EnvHeartbeat: "ping"}}
	d := readTestTemplate(t, o, `"TABLE":`, `"CONFAB_HEARTBEAT": "noop", "CONFAB_RECOVERY": "2m", "TABLE":`)
	got := d.functions[0].environment
	if got[names.EnvHeartbeat] != "ping" || got[names.EnvRecovery] != "2m" {
		t.Errorf("the function's environment is %v", got)
	}
}

func TestTheThrottleOfATemplateIsKept(t *testing.T) {
	d := readTestTemplate(t, Options{})
	if d.throttle != (gateway.Throttle{Rate: 20, Burst: 10}) || d.httpThrottle != (gateway.Throttle{}) {
		t.Errorf("the APIs' throttles are %+v and %+v", d.throttle, d.httpThrottle)
	}
}
