package realtimestore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

const (
	attrClaimedAt = "at" // ms
	// endingLifetime bounds how long the note of an ending is kept if no sweep runs.
	endingLifetime = 24 * time.Hour
)

// noteEnding notes that an ending is about to be claimed, so that Unfinished finds it.
func (s *Store) noteEnding(ctx context.Context, connectionID string, now time.Time) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      endingKey(connectionID),
		UpdateExpression:         aws.String("SET #at = :at, #ttl = :ttl"),
		ExpressionAttributeNames: map[string]string{"#at": attrClaimedAt, "#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{
			":at": millis(now), ":ttl": expiry(now.Add(endingLifetime)),
		},
	})
	if err != nil {
		return fmt.Errorf("note ending: %w", table.Classify(err))
	}
	return nil
}

// forgetEnding deletes the note of an ending. If that fails, Unfinished deletes it.
func (s *Store) forgetEnding(ctx context.Context, connectionID string) {
	_, _ = s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(s.table.Name),
		Key:       endingKey(connectionID),
	})
}

// Unfinished implements store.Store with an eventually consistent query for each shard of the
// notes and one batch for their connections. It deletes the notes of endings that have finished
// or were never claimed.
func (s *Store) Unfinished(ctx context.Context, before time.Time) ([]store.Connection, error) {
	noted := map[string]bool{}
	var keys []table.Item
	for shard := range endingShards {
		for items, err := range s.table.Query(ctx, table.PartitionQuery(endingPartition(shard))) {
			if err != nil {
				return nil, fmt.Errorf("unfinished endings: %w", err)
			}
			for _, item := range items {
				if id := table.String(item, schema.SortKey); timeOf(item, attrClaimedAt).Before(before) {
					noted[id] = true
					keys = append(keys, connectionKey(id))
				}
			}
		}
	}
	connections, err := s.records(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("unfinished endings: %w", err)
	}
	var unfinished []store.Connection
	for _, c := range connections {
		if c.Unfinished(before) {
			unfinished = append(unfinished, c)
			delete(noted, c.ID)
		}
	}
	var over []types.WriteRequest
	for id := range noted {
		over = append(over, table.Delete(endingKey(id)))
	}
	if err := s.table.Write(ctx, over); err != nil {
		return nil, fmt.Errorf("forget endings: %w", err)
	}
	return unfinished, nil
}
