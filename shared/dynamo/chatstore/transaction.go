package chatstore

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/wait"
)

// transactBackoff is when a transaction that collided with another, or was throttled, is
// tried again.
var transactBackoff = wait.Backoff{First: 10 * time.Millisecond, Times: 6, Jitter: true}

// transact carries out all of the writes or none. refusedAt finds the one whose condition
// did not hold.
func (s *Store) transact(ctx context.Context, writes []types.TransactWriteItem) error {
	var err error
	for range transactBackoff.Attempts(ctx) {
		_, err = s.table.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		if err == nil || !retryable(err) {
			return table.Classify(err)
		}
	}
	return table.Classify(cmp.Or(ctx.Err(), err))
}

// retryable reports whether a transaction failed only for reasons that pass: no condition
// refused one of its writes.
func retryable(err error) bool {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return false
	}
	for _, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "None", "", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		default:
			return false
		}
	}
	return true
}

// refusedAt reports whether the condition of a transaction's write did not hold, and
// the item that was there if the write asked for it.
func refusedAt(err error, write int) (table.Item, bool) {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || write >= len(canceled.CancellationReasons) {
		return nil, false
	}
	reason := canceled.CancellationReasons[write]
	return reason.Item, aws.ToString(reason.Code) == "ConditionalCheckFailed"
}

func (s *Store) put(item table.Item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: aws.String(s.table.Name), Item: item}}
}

// putOnce puts an item on condition that there is none, and asks for the one there is.
func (s *Store) putOnce(item table.Item) *types.Put {
	return &types.Put{
		TableName:                           aws.String(s.table.Name),
		Item:                                item,
		ConditionExpression:                 aws.String("attribute_not_exists(#pk)"),
		ExpressionAttributeNames:            map[string]string{"#pk": schema.PartitionKey},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}
