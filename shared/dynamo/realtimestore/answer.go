package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

const attrArgs = "args"

// PutAnswer implements store.Store.
func (s *Store) PutAnswer(ctx context.Context, namespace string, ackID uint64, a store.Answer, expires time.Time) error {
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item: table.With(table.Key(ackPartition(namespace, ackID), a.ConnectionID), table.Item{
			attrArgs:   table.S(string(a.Args)),
			schema.TTL: expiry(expires),
		}),
		ConditionExpression:      aws.String("attribute_not_exists(#pk)"),
		ExpressionAttributeNames: map[string]string{"#pk": schema.PartitionKey},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("put answer: %w", table.Classify(err))
	}
	return nil
}

// Answers implements store.Store.
func (s *Store) Answers(ctx context.Context, namespace string, ackID uint64) ([]store.Answer, error) {
	items, err := s.table.Partition(ctx, ackPartition(namespace, ackID))
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	var answers []store.Answer
	for _, item := range items {
		answers = append(answers, store.Answer{
			ConnectionID: table.String(item, schema.SortKey),
			Args:         json.RawMessage(table.String(item, attrArgs)),
		})
	}
	return answers, nil
}
