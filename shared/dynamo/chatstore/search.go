package chatstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// Search implements chat.Store: one Query for each partition that the range touches. DynamoDB
// reads all items there and returns the positions of those that match.
func (s *Store) Search(ctx context.Context, roomID string, first, last int64, terms []string) (seqs []int64, units float64, err error) {
	for bucket := first / bucketSize; bucket <= last/bucketSize; bucket++ {
		in := between(bucketPartition(roomID, bucket), position(first), position(last))
		in.ConsistentRead = nil
		in.TableName = aws.String(s.table.Name)
		in.ProjectionExpression = aws.String("#sk")
		in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		in.ExpressionAttributeNames["#words"] = attrWords
		var filter []string
		for i, term := range terms {
			name := fmt.Sprint(":t", i)
			in.ExpressionAttributeValues[name] = table.S(term)
			filter = append(filter, "contains(#words, "+name+")")
		}
		in.FilterExpression = aws.String(strings.Join(filter, " AND "))
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
