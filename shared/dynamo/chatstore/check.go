package chatstore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// Attributes of a check, beside attrName.
const (
	attrUser       = "user"
	attrConnection = "conn"
	attrSocket     = "sid"
	attrDue        = "at" // ms
	attrLost       = "lost"
	// checkLifetime bounds how long a check is kept if no sweep runs.
	checkLifetime = 24 * time.Hour
)

func checkKey(c chat.Check) table.Item {
	shard := table.Hash(c.ConnectionID) % checkShards
	return table.Key(checkPartition(int(shard)), fmt.Sprintf("%013d#%s", c.Due.UnixMilli(), c.Key()))
}

// NoteCheck implements chat.Store.
func (s *Store) NoteCheck(ctx context.Context, c chat.Check) error {
	item := table.With(checkKey(c), table.Item{
		attrUser:       table.S(c.User.ID),
		attrName:       table.S(c.User.Name),
		attrConnection: table.S(c.ConnectionID),
		attrSocket:     table.S(c.SocketID),
		attrDue:        table.N(c.Due.UnixMilli()),
		schema.TTL:     table.N(c.Due.Add(checkLifetime).Unix()),
	})
	if c.Lost {
		item[attrLost] = &types.AttributeValueMemberBOOL{Value: true}
	}
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.table.Name), Item: item})
	if err != nil {
		return fmt.Errorf("note check: %w", table.Classify(err))
	}
	return nil
}

// Checks implements chat.Store: one eventually consistent Query for each shard.
func (s *Store) Checks(ctx context.Context, before time.Time) ([]chat.Check, error) {
	var checks []chat.Check
	for shard := range checkShards {
		in := table.PartitionQuery(checkPartition(shard))
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk < :before")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":before"] = table.S(fmt.Sprintf("%013d", before.UnixMilli()))
		for page, err := range s.table.Query(ctx, in) {
			if err != nil {
				return nil, fmt.Errorf("checks: %w", err)
			}
			for _, item := range page {
				due, _ := table.Int(item, attrDue)
				checks = append(checks, chat.Check{
					User:         chat.User{ID: table.String(item, attrUser), Name: table.String(item, attrName)},
					ConnectionID: table.String(item, attrConnection),
					SocketID:     table.String(item, attrSocket),
					Due:          chat.At(time.UnixMilli(due)).Time,
					Lost:         item[attrLost] != nil,
				})
			}
		}
	}
	return checks, nil
}

// ForgetChecks implements chat.Store.
func (s *Store) ForgetChecks(ctx context.Context, all []chat.Check) error {
	var deletes []types.WriteRequest
	for _, c := range all {
		deletes = append(deletes, table.Delete(checkKey(c)))
	}
	if err := s.table.Write(ctx, deletes); err != nil {
		return fmt.Errorf("forget checks: %w", err)
	}
	return nil
}
