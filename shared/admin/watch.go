package admin

import (
	"context"

	"github.com/confab-chat/confab/shared/realtime"
)

// watchers is the room of all admins.
const watchers = "watchers"

// watch tells the admins of sockets that come to a namespace and leave it. It costs one query
// each time, and a read when a socket comes.
func (a *admin) watch(ns *realtime.Namespace) {
	ns.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		a.tell(ctx, "socket_connected", newSocket(ns.Name(), s.ID(), s.ConnectionID(), s.Rooms(), s.Handshake()))
		return nil
	})
	ns.OnDisconnect(func(ctx context.Context, s *realtime.Socket, reason realtime.Reason) error {
		a.tell(ctx, "socket_disconnected", ns.Name(), s.ID(), reason)
		return nil
	})
}

// tell emits an event to all admins. It only logs a failure, because it is not the player's. The
// event is volatile: with recovery, the UI would take its offset for the time.
func (a *admin) tell(ctx context.Context, event string, args ...any) {
	err := a.server.Of(Namespace).To(watchers).Volatile().Emit(ctx, event, args...)
	if err != nil {
		a.options.Log.WarnContext(ctx, "admins not told", "event", event, "error", err)
	}
}
