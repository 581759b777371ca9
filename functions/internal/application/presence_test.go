package application

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

func TestWhoIsToldOfPresenceFollowsTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		presence, grace string
		tells           mode.Presence
		after           time.Duration
		problem         string
	}{
		{},
		{presence: "off", grace: "1m", tells: mode.NoPresence, after: time.Minute},
		{presence: "everyone", grace: "0s", tells: mode.PresenceToEveryone, after: -1},
		{presence: "all", problem: `environment variable CONFAB_PRESENCE="all" must be watchers, everyone or off`},
		{grace: "soon", problem: `environment variable CONFAB_PRESENCE_GRACE="soon" must be a duration such as 20s`},
		{grace: "-1s", problem: `environment variable CONFAB_PRESENCE_GRACE="-1s" must be a duration such as 20s`},
	} {
		environment := map[string]string{names.EnvPresence: c.presence, names.EnvPresenceGrace: c.grace}
		var o chat.Options
		err := setPresence(boot.Environment{Getenv: func(name string) string { return environment[name] }}, &o)
		if c.problem != "" {
			if err == nil || err.Error() != c.problem {
				t.Errorf("%v, want %s", err, c.problem)
			}
			continue
		}
		if err != nil || o.Presence != c.tells || o.PresenceGrace != c.after {
			t.Errorf("%+v: %v, %v, %v", c, o.Presence, o.PresenceGrace, err)
		}
	}
}
