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

// Attributes of an arrival, beside attrName.
const (
	attrUser       = "user"
	attrConnection = "conn"
	attrSocket     = "sid"
	attrArrivedAt  = "at" // ms
	// arrivalLifetime bounds how long an arrival is kept if no sweep runs.
	arrivalLifetime = 24 * time.Hour
)

func arrivalKey(a chat.Arrival) table.Item {
	shard := table.Hash(a.ConnectionID) % arrivalShards
	return table.Key(arrivalPartition(int(shard)), fmt.Sprintf("%013d#%s", a.At.UnixMilli(), a.Key()))
}

// NoteArrival implements chat.Store.
func (s *Store) NoteArrival(ctx context.Context, a chat.Arrival) error {
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item: table.With(arrivalKey(a), table.Item{
			attrUser:       table.S(a.User.ID),
			attrName:       table.S(a.User.Name),
			attrConnection: table.S(a.ConnectionID),
			attrSocket:     table.S(a.SocketID),
			attrArrivedAt:  table.N(a.At.UnixMilli()),
			schema.TTL:     table.N(a.At.Add(arrivalLifetime).Unix()),
		}),
	})
	if err != nil {
		return fmt.Errorf("note arrival: %w", table.Classify(err))
	}
	return nil
}

// Arrivals implements chat.Store: one eventually consistent Query for each shard.
func (s *Store) Arrivals(ctx context.Context, before time.Time) ([]chat.Arrival, error) {
	var arrivals []chat.Arrival
	for shard := range arrivalShards {
		in := table.PartitionQuery(arrivalPartition(shard))
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk < :before")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":before"] = table.S(fmt.Sprintf("%013d", before.UnixMilli()))
		for page, err := range s.table.Query(ctx, in) {
			if err != nil {
				return nil, fmt.Errorf("arrivals: %w", err)
			}
			for _, item := range page {
				at, _ := table.Int(item, attrArrivedAt)
				arrivals = append(arrivals, chat.Arrival{
					User:         chat.User{ID: table.String(item, attrUser), Name: table.String(item, attrName)},
					ConnectionID: table.String(item, attrConnection),
					SocketID:     table.String(item, attrSocket),
					At:           chat.At(time.UnixMilli(at)).Time,
				})
			}
		}
	}
	return arrivals, nil
}

// ForgetArrivals implements chat.Store.
func (s *Store) ForgetArrivals(ctx context.Context, all []chat.Arrival) error {
	var deletes []types.WriteRequest
	for _, a := range all {
		deletes = append(deletes, table.Delete(arrivalKey(a)))
	}
	if err := s.table.Write(ctx, deletes); err != nil {
		return fmt.Errorf("forget arrivals: %w", err)
	}
	return nil
}
