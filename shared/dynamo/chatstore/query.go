package chatstore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// prefixQuery is the consistent Query of a partition's items whose sort keys have a prefix.
func prefixQuery(partition, prefix string) dynamodb.QueryInput {
	in := table.PartitionQuery(partition)
	in.KeyConditionExpression = aws.String("#pk = :pk AND begins_with(#sk, :prefix)")
	in.ExpressionAttributeNames["#sk"] = schema.SortKey
	in.ExpressionAttributeValues[":prefix"] = table.S(prefix)
	in.ConsistentRead = aws.Bool(true)
	return in
}

// between is the consistent Query of a partition's items from one sort key to another.
func between(partition, first, last string) dynamodb.QueryInput {
	in := table.PartitionQuery(partition)
	in.KeyConditionExpression = aws.String("#pk = :pk AND #sk BETWEEN :first AND :last")
	in.ExpressionAttributeNames["#sk"] = schema.SortKey
	in.ExpressionAttributeValues[":first"], in.ExpressionAttributeValues[":last"] = table.S(first), table.S(last)
	in.ConsistentRead = aws.Bool(true)
	return in
}

// firstOf returns what the first items of a Query are, at most limit.
func firstOf[T any](ctx context.Context, from table.Table, in dynamodb.QueryInput, limit int, decode func(table.Item) (T, error)) ([]T, error) {
	in.Limit = aws.Int32(int32(limit))
	var all []T
	for page, err := range from.Query(ctx, in) {
		if err != nil {
			return nil, err
		}
		for _, item := range page {
			one, err := decode(item)
			if err != nil {
				return nil, err
			}
			if all = append(all, one); len(all) == limit {
				return all, nil
			}
		}
	}
	return all, nil
}
