package realtimestore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

const (
	attrFrames = "frames"
	attrExcept = "except"
)

func logPartition(namespace, room string) string { return "L#" + escape(namespace) + "#" + room }

// AppendPacket implements store.Store.
func (s *Store) AppendPacket(ctx context.Context, namespace string, rooms []string, p store.LoggedPacket, expires time.Time) error {
	frames := make([]types.AttributeValue, len(p.Frames))
	for i, frame := range p.Frames {
		frames[i] = &types.AttributeValueMemberB{Value: frame}
	}
	item := table.Item{
		attrFrames: &types.AttributeValueMemberL{Value: frames},
		schema.TTL: expiry(expires),
	}
	if except := unique(p.Except); len(except) > 0 {
		item[attrExcept] = table.SS(except)
	}
	var writes []types.WriteRequest
	for _, room := range rooms {
		writes = append(writes, table.Put(table.With(table.Key(logPartition(namespace, room), p.Offset), item)))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("append packet: %w", err)
	}
	return nil
}

// Packets implements store.Store.
func (s *Store) Packets(ctx context.Context, namespace, room, after string, limit int) ([]store.LoggedPacket, error) {
	in := table.PartitionQuery(logPartition(namespace, room))
	in.Limit = aws.Int32(int32(limit))
	if after != "" { // which DynamoDB refuses as a key
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk > :after")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":after"] = table.S(after)
	}
	in.ConsistentRead = aws.Bool(true)
	var packets []store.LoggedPacket
	for page, err := range s.table.Query(ctx, in) {
		if err != nil {
			return nil, fmt.Errorf("packets: %w", err)
		}
		for _, item := range page {
			p := store.LoggedPacket{Offset: table.String(item, schema.SortKey), Except: table.Strings(item, attrExcept)}
			if frames, ok := item[attrFrames].(*types.AttributeValueMemberL); ok {
				for _, frame := range frames.Value {
					if b, ok := frame.(*types.AttributeValueMemberB); ok {
						p.Frames = append(p.Frames, b.Value)
					}
				}
			}
			packets = append(packets, p)
		}
		if len(packets) >= limit {
			break
		}
	}
	return packets[:min(len(packets), limit)], nil
}
