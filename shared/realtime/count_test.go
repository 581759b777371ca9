package realtime_test

import (
	"context"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

func TestACountIsOfAllFunctionsAndOfOneWindow(t *testing.T) {
	srv := realtimetest.New(t, func(*realtime.Server) {})
	srv.Clock.Advance(time.Minute - srv.Clock.Now().Sub(srv.Clock.Now().Truncate(time.Minute)))
	count := func(key string) int64 {
		t.Helper()
		n, err := srv.Instance().Count(context.Background(), key, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for want := range int64(3) {
		if got := count("a"); got != want+1 {
			t.Errorf("counted %d, want %d", got, want+1)
		}
	}
	if got := count("b"); got != 1 {
		t.Errorf("another key: %d", got)
	}
	srv.Clock.Advance(59 * time.Second)
	if got := count("a"); got != 4 {
		t.Errorf("at the end of the window: %d", got)
	}
	srv.Clock.Advance(time.Second)
	if got := count("a"); got != 1 {
		t.Errorf("in the next window: %d", got)
	}
}
