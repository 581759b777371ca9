package apps

import (
	"context"
	"encoding/json"

	"github.com/confab-chat/confab/shared/realtime"
)

// Load has, in its namespace /load, what scripts/load asks of the engine: an echo, and a broadcast to
// a room. It does in memory what scripts/load/node/server.mjs does, except that rooms are stored.
func Load(srv *realtime.Server) {
	load := srv.Of("/load")
	realtime.On(load, "echo", func(_ context.Context, _ *realtime.Socket, value json.RawMessage) (json.RawMessage, error) {
		return value, nil
	})
	realtime.On(load, "join", func(ctx context.Context, s *realtime.Socket, room string) (realtime.None, error) {
		return realtime.None{}, s.Join(ctx, room)
	})
	type broadcast struct {
		Room  string          `json:"room"`
		Value json.RawMessage `json:"value"`
	}
	realtime.On(load, "broadcast", func(ctx context.Context, _ *realtime.Socket, in broadcast) (realtime.None, error) {
		return realtime.None{}, load.To(in.Room).Emit(ctx, "broadcast", in.Value)
	})
}
