package realtimetest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// register is what is tested: usually app.Register.
func register(srv *realtime.Server) {
	realtime.On(srv, "join", func(ctx context.Context, s *realtime.Socket, room string) (int, error) {
		if room == "" {
			return 0, realtime.Errorf("no_room", "Name a room.")
		}
		if err := s.Join(ctx, room); err != nil {
			return 0, err
		}
		if err := s.To(room).Emit(ctx, "joined", s.ID()); err != nil {
			return 0, err
		}
		sockets, err := srv.In(room).FetchSockets(ctx)
		return len(sockets), err
	})
}

func Example() {
	// In a test it is the function's: func TestJoin(t *testing.T) { … }.
	test := func(t testing.TB) {
		srv := realtimetest.New(t, register)
		ada, bob := srv.Connect("/", nil), srv.Connect("/", nil)
		for i, client := range []*realtimetest.Client{ada, bob} {
			var sockets int
			if err := client.EmitWithAck("join", &sockets, "tea"); err != nil || sockets != i+1 {
				t.Errorf("got %d sockets, %v", sockets, err)
			}
		}
		ada.Expect("joined", bob.ID())
		bob.ExpectNone()
		err := ada.EmitWithAck("join", nil, "")
		fmt.Println(realtimetest.Code(err))
	}
	runExample(test)
	// Output: no_room
}
