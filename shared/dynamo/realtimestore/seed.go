package realtimestore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// PutMembers puts sockets into a room although they have no connections, for measurements with more
// of them than a machine can open.
func (s *Store) PutMembers(ctx context.Context, namespace, room string, members []store.Member, expires time.Time) error {
	writes := make([]types.WriteRequest, len(members))
	for i, m := range members {
		writes[i] = table.Put(membership(memberKey(namespace, room, m.ConnectionID), m.SocketID, expiry(expires), nil, nil))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("put members: %w", err)
	}
	return nil
}
