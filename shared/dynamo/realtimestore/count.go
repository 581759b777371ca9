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
)

const attrCount = "n"

// Count implements store.Store with one UpdateItem. DynamoDB deletes an expired count some
// time later, and until then it goes on.
func (s *Store) Count(ctx context.Context, key string, expires time.Time) (int64, error) {
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       table.Key("N#"+key, "count"),
		UpdateExpression:          aws.String("ADD #n :one SET #ttl = if_not_exists(#ttl, :ttl)"),
		ExpressionAttributeNames:  map[string]string{"#n": attrCount, "#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{":one": table.N(1), ":ttl": expiry(expires)},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return 0, fmt.Errorf("count: %w", table.Classify(err))
	}
	n, ok := table.Int(out.Attributes, attrCount)
	if !ok {
		return 0, fmt.Errorf("count: %q has no number", key)
	}
	return n, nil
}
