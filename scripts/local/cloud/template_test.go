package cloud

import (
	"strings"
	"testing"
	"time"

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
