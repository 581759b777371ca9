package realtimestore

import (
	"context"
	"encoding/json"
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
	attrClaim  = "claim"
	attrResult = "result"
)

func onceKey(key string) table.Item { return table.Key("O#"+key, "once") }

// Begin implements store.Store with one UpdateItem.
func (s *Store) Begin(ctx context.Context, key string, now, expires time.Time) (store.Attempt, error) {
	claim := newClaim(now)
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:        aws.String(s.table.Name),
		Key:              onceKey(key),
		UpdateExpression: aws.String("SET #claim = :claim, #ttl = :ttl REMOVE #result"),
		ConditionExpression: aws.String("attribute_not_exists(#pk) OR #ttl <= :now" +
			" OR (attribute_not_exists(#result) AND #claim < :stale)"),
		ExpressionAttributeNames: map[string]string{
			"#pk": schema.PartitionKey, "#claim": attrClaim, "#result": attrResult, "#ttl": schema.TTL,
		},
		ExpressionAttributeValues: table.Item{
			":claim": table.S(claim),
			":stale": table.S(paddedMillis(now.Add(-store.ClaimLease))),
			":now":   expiry(now),
			":ttl":   expiry(expires),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	item, refused := table.Refused(err)
	switch {
	case refused && item[attrResult] != nil:
		return store.Attempt{Result: json.RawMessage(table.String(item, attrResult))}, nil
	case refused && table.String(item, attrClaim) != claim:
		return store.Attempt{}, store.ErrClaimed
	case err != nil && !refused:
		return store.Attempt{}, fmt.Errorf("begin: %w", table.Classify(err))
	}
	return store.Attempt{Claim: claim}, nil
}

// Finish implements store.Store.
func (s *Store) Finish(ctx context.Context, key, claim string, result json.RawMessage, expires time.Time) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 onceKey(key),
		UpdateExpression:    aws.String("SET #result = :result, #ttl = :ttl"),
		ConditionExpression: aws.String("#claim = :claim"),
		ExpressionAttributeNames: map[string]string{
			"#claim": attrClaim, "#result": attrResult, "#ttl": schema.TTL,
		},
		ExpressionAttributeValues: table.Item{
			":claim": table.S(claim), ":result": table.S(string(result)), ":ttl": expiry(expires),
		},
	})
	if _, refused := table.Refused(err); refused {
		return store.ErrClaimed
	}
	if err != nil {
		return fmt.Errorf("finish: %w", table.Classify(err))
	}
	return nil
}

// Abandon implements store.Store.
func (s *Store) Abandon(ctx context.Context, key, claim string) error {
	_, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       onceKey(key),
		ConditionExpression:       aws.String("#claim = :claim AND attribute_not_exists(#result)"),
		ExpressionAttributeNames:  map[string]string{"#claim": attrClaim, "#result": attrResult},
		ExpressionAttributeValues: table.Item{":claim": table.S(claim)},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("abandon: %w", table.Classify(err))
	}
	return nil
}
