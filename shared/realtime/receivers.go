package realtime

import (
	"context"
	"slices"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// receivers looks up the members that a packet is for: those whose sockets have not expired. A
// member may not know of its socket's last SetExpiry, so the sockets of those that seem to
// have expired are looked up.
func receivers(ctx context.Context, b Broadcast) ([]store.Member, error) {
	members, err := b.members(ctx)
	if err != nil {
		return nil, err
	}
	o := b.namespace.server.options
	now := o.Now()
	seems := func(m store.Member) bool { return store.SocketState{Expires: m.Expires}.Expired(now) }
	var ids []string
	for _, m := range members {
		if seems(m) {
			ids = append(ids, m.ConnectionID)
		}
	}
	if len(ids) == 0 {
		return members, nil
	}
	found, err := o.Store.Connections(ctx, ids)
	if err != nil {
		return nil, err
	}
	expired := map[string]bool{} // by socket
	for _, c := range found {
		if state := c.Sockets[b.namespace.name]; state.Expired(now) {
			expired[state.ID] = true
		}
	}
	return slices.DeleteFunc(members, func(m store.Member) bool { return expired[m.SocketID] }), nil
}
