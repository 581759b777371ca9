package chatstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// Search implements chat.Store: one Query for each partition that the range touches. DynamoDB
// reads all items there and returns the positions of those that match.
func (s *Store) Search(ctx context.Context, roomID string, first, last int64, terms []string) (seqs []int64, units float64, err error) {
	values := table.Item{}
	var filter []string
	for i, term := range terms {
		name := fmt.Sprint(":t", i)
		values[name] = table.S(term)
		filter = append(filter, "contains(#words, "+name+")")
	}
	for bucket := first / bucketSize; bucket <= last/bucketSize; bucket++ {
		in := dynamodb.QueryInput{
			TableName:                 aws.String(s.table.Name),
			KeyConditionExpression:    aws.String("#pk = :pk AND #sk BETWEEN :first AND :last"),
			FilterExpression:          aws.String(strings.Join(filter, " AND ")),
			ProjectionExpression:      aws.String("#sk"),
			ExpressionAttributeNames:  map[string]string{"#pk": schema.PartitionKey, "#sk": schema.SortKey, "#words": attrWords},
			ExpressionAttributeValues: table.With(values, table.Item{":pk": table.S(bucketPartition(roomID, bucket)), ":first": table.S(position(first)), ":last": table.S(position(last))}),
			ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
		}
		for {
			out, err := s.table.Client.Query(ctx, &in)
			if err != nil {
				return nil, 0, fmt.Errorf("search: %w", table.Classify(err))
			}
			if out.ConsumedCapacity != nil {
				units += aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
			}
			for _, item := range out.Items {
				seq, err := strconv.ParseInt(table.String(item, schema.SortKey), 10, 64)
				if err != nil {
					return nil, 0, fmt.Errorf("search: %w", err)
				}
				seqs = append(seqs, seq)
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
				break
			}
		}
	}
	return seqs, units, nil
}
