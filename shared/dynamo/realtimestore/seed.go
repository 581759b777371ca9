package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// PutMembers puts sockets into a room although they have no connections, for measurements with more
// of them than a machine can open.
func (s *Store) PutMembers(ctx context.Context, namespace, room string, members []store.Member, expires time.Time) error {
	large := len(s.shardable(namespace, []string{room}, expires)) > 0
	writes := make([]types.WriteRequest, len(members))
	for i, m := range members {
		key := memberKey(namespace, room, m.ConnectionID)
		if large {
			key = shardKey(namespace, room, m.ConnectionID)
		}
		writes[i] = table.Put(membership(key, m.SocketID, expiry(expires), nil, nil))
	}
	err := s.table.Write(ctx, writes)
	if err == nil && !large {
		_, err = s.members(ctx, namespace, room) // who reads a large room marks it
	}
	if err != nil {
		return fmt.Errorf("put members: %w", err)
	}
	return nil
}

// PutConnections stores connections with their sockets and without their memberships and notes, for
// measurements too.
func (s *Store) PutConnections(ctx context.Context, connections []store.Connection) error {
	writes := make([]types.WriteRequest, len(connections))
	for i, c := range connections {
		handshake, err := json.Marshal(newHandshake(c.Handshake))
		if err != nil {
			return fmt.Errorf("put connections: %w", err)
		}
		item := table.With(connectionKey(c.ID), table.Item{
			attrEngineID:    table.S(c.EngineID),
			attrHandshake:   table.S(string(handshake)),
			attrConnectedAt: millis(c.ConnectedAt),
			attrSeenAt:      millis(c.SeenAt),
			schema.TTL:      expiry(c.Expires),
		})
		for namespace, state := range c.Sockets {
			item[socketPrefix+namespace], item[roomsPrefix+namespace] = table.S(state.ID), table.SS(state.Rooms)
		}
		writes[i] = table.Put(item)
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("put connections: %w", err)
	}
	return nil
}
