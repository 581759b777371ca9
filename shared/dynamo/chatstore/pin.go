package chatstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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
	in := dynamodb.QueryInput{
		KeyConditionExpression:   aws.String("#pk = :pk AND #sk BETWEEN :first AND :last"),
		ExpressionAttributeNames: map[string]string{"#pk": schema.PartitionKey, "#sk": schema.SortKey},
		ExpressionAttributeValues: table.Item{
			":pk": table.S(roomPartition(roomID)), ":first": table.S(pinPrefix), ":last": table.S(pinPrefix + position(before-1)),
		},
		ConsistentRead:   aws.Bool(true),
		ScanIndexForward: aws.Bool(false),
		Limit:            aws.Int32(int32(limit)),
	}
	var seqs []int64
	for page, err := range s.table.Query(ctx, in) {
		if err != nil {
			return nil, fmt.Errorf("pinned: %w", err)
		}
		for _, item := range page {
			seq, err := strconv.ParseInt(strings.TrimPrefix(table.String(item, schema.SortKey), pinPrefix), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("pinned: %w", err)
			}
			seqs = append(seqs, seq)
		}
		if len(seqs) >= limit {
			break
		}
	}
	return seqs[:min(limit, len(seqs))], nil
}
