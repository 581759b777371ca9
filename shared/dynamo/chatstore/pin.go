package chatstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// writePin lists a message among the pinned ones of its room, or takes it out.
func (s *Store) writePin(m chat.Message) types.TransactWriteItem {
	key := pinKey(m.RoomID, m.Seq)
	if m.Pinned != nil {
		return s.table.PutInTransaction(key)
	}
	return s.table.DeleteInTransaction(key)
}

// Pinned implements chat.Store: one Query.
func (s *Store) Pinned(ctx context.Context, roomID string, before int64, limit int) ([]int64, error) {
	in := between(roomPartition(roomID), pinPrefix, pinPrefix+position(before-1))
	in.ScanIndexForward = aws.Bool(false)
	seqs, err := firstOf(ctx, s.table, in, limit, func(item table.Item) (int64, error) {
		return strconv.ParseInt(strings.TrimPrefix(table.String(item, schema.SortKey), pinPrefix), 10, 64)
	})
	if err != nil {
		return nil, fmt.Errorf("pinned: %w", err)
	}
	return seqs, nil
}
