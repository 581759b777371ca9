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
	pingedPrefix = "pinged" // and the number of a part: ms
	// pingedLifetime is how long the time of a slot's last ping is kept: longer than any
	// connection lives.
	pingedLifetime = 24 * time.Hour
)

func pingedAttribute(part int) string { return pingedPrefix + strconv.Itoa(part) }

// Slot implements store.Store with eventually consistent queries, one for each page.
func (s *Store) Slot(ctx context.Context, slot, part int, visit store.Visit) error {
	partition := connectionPartition(slot + part*store.Slots)
	for page, err := range s.table.Pages(ctx, table.PartitionQuery(partition)) {
		if err == nil {
			err = visitConnections(page, visit)
		}
		if err != nil {
			return fmt.Errorf("slot %d: %w", slot, err)
		}
	}
	return nil
}

func visitConnections(page table.Page, visit store.Visit) error {
	connections := make([]store.Connection, len(page.Items))
	for i, item := range page.Items {
		var err error
		if connections[i], err = decodeConnection(item); err != nil {
			return err
		}
	}
	return visit(connections, page.More)
}

// Pinged implements store.Store.
func (s *Store) Pinged(ctx context.Context, slot int) (pinged [store.Parts]time.Time, err error) {
	item, err := s.table.GetItem(ctx, table.Key(slotPartition, strconv.Itoa(slot)))
	if err != nil {
		return pinged, fmt.Errorf("pinged: %w", err)
	}
	for part := range pinged {
		pinged[part] = timeOf(item, pingedAttribute(part))
	}
	return pinged, nil
}

// SetPinged implements store.Store.
func (s *Store) SetPinged(ctx context.Context, slot int, parts []int, at time.Time) error {
	set := "SET #ttl = :ttl"
	for _, part := range parts {
		set += ", " + pingedAttribute(part) + " = :at"
	}
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       table.Key(slotPartition, strconv.Itoa(slot)),
		UpdateExpression:          aws.String(set),
		ExpressionAttributeNames:  map[string]string{"#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{":at": millis(at), ":ttl": expiry(at.Add(pingedLifetime))},
	})
	if err != nil {
		return fmt.Errorf("set pinged: %w", table.Classify(err))
	}
	return nil
}
