package realtime_test

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/mode"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// While $connect has not returned a post is refused with 410, and OPEN has to be the first
// frame after that.
func TestTheSweepLeavesAConnectionAloneThatIsBeingOpened(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.Heartbeat, o.PingTimeout = mode.Ping, 20*time.Second })
	open, err := f.Accept(t.Context(), realtime.Upgrade{
		ConnectionID: "a", Query: map[string]string{"EIO": "4", "transport": "websocket"}, At: f.clock.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	sweep := func() {
		t.Helper()
		for i := range store.Slots { // all slots within a moment
			if err := f.Sweep(t.Context(), f.clock.Now().Add(time.Duration(i)*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.clock.Advance(time.Second)
	sweep() // the gateway does not know it yet
	f.gateway.Open("a")
	sweep()
	want(t, "before OPEN", f.gateway.Take("a"), []string(nil))
	open(t.Context())
	want(t, "OPEN", len(f.gateway.Take("a")), 1)
	f.clock.Advance(20 * time.Second)
	sweep()
	want(t, "closed for a ping that it has not had", f.gateway.Closed("a"), false)
	want(t, "later", f.gateway.Take("a"), []string{"2"})
	f.clock.Advance(20 * time.Second)
	sweep()
	want(t, "closed for one that it has had", f.gateway.Closed("a"), true)
}
