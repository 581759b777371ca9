package realtimestore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

const (
	attrPinged = "pinged" // ms
	// pingedLifetime is how long the time of a slot's last ping is kept: longer than any
	// connection lives.
	pingedLifetime = 24 * time.Hour
)

// Slot implements store.Store with eventually consistent queries.
func (s *Store) Slot(ctx context.Context, slot int, visit func([]store.Connection) error) error {
	for n := slot; n < connectionPartitions; n += store.Slots {
		for items, err := range s.table.Query(ctx, table.PartitionQuery(connectionPartition(n))) {
			if err == nil {
				err = visitConnections(items, visit)
			}
			if err != nil {
				return fmt.Errorf("slot %d: %w", slot, err)
			}
		}
	}
	return nil
}

func visitConnections(items []table.Item, visit func([]store.Connection) error) error {
	page := make([]store.Connection, len(items))
	for i, item := range items {
		var err error
		if page[i], err = decodeConnection(item); err != nil {
			return err
		}
	}
	return visit(page)
}

// Pinged implements store.Store.
func (s *Store) Pinged(ctx context.Context, slot int) (time.Time, error) {
	item, err := s.table.GetItem(ctx, table.Key(slotPartition, strconv.Itoa(slot)))
	if err != nil {
		return time.Time{}, fmt.Errorf("pinged: %w", err)
	}
	return timeOf(item, attrPinged), nil
}

// SetPinged implements store.Store.
func (s *Store) SetPinged(ctx context.Context, slot int, at time.Time) error {
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item: table.With(table.Key(slotPartition, strconv.Itoa(slot)), table.Item{
			attrPinged: millis(at),
			schema.TTL: expiry(at.Add(pingedLifetime)),
		}),
	})
	if err != nil {
		return fmt.Errorf("set pinged: %w", table.Classify(err))
	}
	return nil
}
