package chatstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// How often a transaction is tried that collides with another, or is throttled.
const (
	transactAttempts = 6
	transactWait     = 10 * time.Millisecond
)

// transact carries writes out together, patiently. A condition that does not hold is
// seen by refusedAt.
func (s *Store) transact(ctx context.Context, writes []types.TransactWriteItem) error {
	wait := transactWait
	for attempt := 1; ; attempt++ {
		_, err := s.table.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		if err == nil || attempt == transactAttempts || !passing(err) {
			return table.Classify(err)
		}
		timer := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return table.Classify(ctx.Err())
		case <-timer.C:
		}
		wait *= 2
	}
}

// passing reports whether a transaction failed only for what passes: nothing of it
// was refused by a condition.
func passing(err error) bool {
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
