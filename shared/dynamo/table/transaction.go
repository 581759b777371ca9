package table

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/wait"
)

// transactBackoff is when a transaction that collided with another, or was throttled, is
// tried again.
var transactBackoff = wait.Backoff{First: 10 * time.Millisecond, Times: 6, Jitter: true}

// Transact carries out all of the writes or none. RefusedAt tells whether the condition of
// one did not hold.
func (t Table) Transact(ctx context.Context, writes []types.TransactWriteItem) error {
	var err error
	for range transactBackoff.Attempts(ctx) {
		_, err = t.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		if err == nil || !retryable(err) {
			return Classify(err)
		}
	}
	return Classify(cmp.Or(ctx.Err(), err))
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

// RefusedAt reports whether the condition of a transaction's write did not hold, and the
// item that was there if the write asked for it. Writes count from 0.
func RefusedAt(err error, write int) (Item, bool) {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || write >= len(canceled.CancellationReasons) {
		return nil, false
	}
	reason := canceled.CancellationReasons[write]
	return reason.Item, aws.ToString(reason.Code) == "ConditionalCheckFailed"
}

// PutInTransaction puts an item as part of a transaction.
func (t Table) PutInTransaction(item Item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: aws.String(t.Name), Item: item}}
}

// DeleteInTransaction deletes the item with a key as part of a transaction.
func (t Table) DeleteInTransaction(key Item) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: aws.String(t.Name), Key: key}}
}

// PutNew puts an item as part of a transaction if there is none with its key, and asks for
// the one that is there.
func (t Table) PutNew(item Item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName:                           aws.String(t.Name),
		Item:                                item,
		ConditionExpression:                 aws.String(isNew),
		ExpressionAttributeNames:            map[string]string{"#pk": schema.PartitionKey},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// isNew is the condition that there is no item with this key.
const isNew = "attribute_not_exists(#pk)"

// PutItemNew puts an item if there is none with its key. If there is one, it returns that
// one and false.
func (t Table) PutItemNew(ctx context.Context, item Item) (existing Item, put bool, err error) {
	_, err = t.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           aws.String(t.Name),
		Item:                                item,
		ConditionExpression:                 aws.String(isNew),
		ExpressionAttributeNames:            map[string]string{"#pk": schema.PartitionKey},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	existing, refused := Refused(err)
	if refused {
		return existing, false, nil
	}
	return nil, err == nil, Classify(err)
}
