// Package table is a DynamoDB table as the stores use it. It reads every page, repeats
// batches until nothing is left unprocessed, hides expired items, and marks the SDK's
// errors that may pass. Enter at [Table].
package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/wait"
)

// Client has the methods of *dynamodb.Client that the stores call.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

var _ Client = (*dynamodb.Client)(nil)

// Item is an item in the SDK's form.
type Item = map[string]types.AttributeValue

// Table is one of the tables of package schema.
type Table struct {
	Client Client
	Name   string
	// Now is the clock that expiry is judged by.
	Now func() time.Time
}

// Key returns a primary key.
func Key(partition, sort string) Item {
	return Item{schema.PartitionKey: S(partition), schema.SortKey: S(sort)}
}

// GetItem reads an item consistently, also one that has expired; nil if there is none.
func (t Table) GetItem(ctx context.Context, key Item) (Item, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(t.Name), Key: key, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, Classify(err)
	}
	return out.Item, nil
}

// Query returns the pages of a partition, or of what else the input says. An error ends
// them.
func (t Table) Query(ctx context.Context, in dynamodb.QueryInput) iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		for page, err := range t.Pages(ctx, in) {
			if !yield(page.Items, err) {
				return
			}
		}
	}
}

// Page is a page of a Query. More: it is not the last one, though the others may be empty.
type Page struct {
	Items []Item
	More  bool
}

// Pages is Query, for who must know whether a page is the last one.
func (t Table) Pages(ctx context.Context, in dynamodb.QueryInput) iter.Seq2[Page, error] {
	in.TableName = aws.String(t.Name)
	return func(yield func(Page, error) bool) {
		for {
			out, err := t.Client.Query(ctx, &in)
			if err != nil {
				yield(Page{}, fmt.Errorf("query: %w", Classify(err)))
				return
			}
			more := len(out.LastEvaluatedKey) > 0
			if !yield(Page{t.Live(out.Items), more}, nil) || !more {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

// Partition returns all of a partition, read consistently, in order of the sort key.
func (t Table) Partition(ctx context.Context, partition string) ([]Item, error) {
	var items []Item
	in := PartitionQuery(partition)
	in.ConsistentRead = aws.Bool(true)
	for page, err := range t.Query(ctx, in) {
		if err != nil {
			return nil, err
		}
		items = append(items, page...)
	}
	return items, nil
}

// PartitionQuery is the Query of a whole partition.
func PartitionQuery(partition string) dynamodb.QueryInput {
	return dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("#pk = :pk"),
		ExpressionAttributeNames:  map[string]string{"#pk": schema.PartitionKey},
		ExpressionAttributeValues: Item{":pk": S(partition)},
	}
}

// Live returns the items that have not expired. DynamoDB deletes expired items
// hours late.
func (t Table) Live(items []Item) []Item {
	now := t.Now()
	live := items[:0:0]
	for _, item := range items {
		if !Expired(item, now) {
			live = append(live, item)
		}
	}
	return live
}

// Expired reports whether an item's time to live has passed.
func Expired(item Item, now time.Time) bool {
	ttl, ok := Int(item, schema.TTL)
	return ok && now.Unix() >= ttl
}

// Limits of one request of a batch (DynamoDB service quotas).
const (
	maxBatchWrite = 25
	maxBatchGet   = 100
)

// unprocessed is when what a batch left unprocessed is tried again: until the context is
// done.
var unprocessed = wait.Backoff{First: 25 * time.Millisecond, Max: time.Second, Jitter: true}

// Write carries out puts and deletes of distinct items, in as many requests as it
// takes. It is not atomic.
func (t Table) Write(ctx context.Context, requests []types.WriteRequest) error {
	for batch := range slices.Chunk(requests, maxBatchWrite) {
		if err := t.writeBatch(ctx, batch); err != nil {
			return fmt.Errorf("write batch: %w", Classify(err))
		}
	}
	return nil
}

func (t Table) writeBatch(ctx context.Context, requests []types.WriteRequest) error {
	for range unprocessed.Attempts(ctx) {
		out, err := t.Client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{t.Name: requests},
		})
		if err != nil {
			return err
		}
		if requests = out.UnprocessedItems[t.Name]; len(requests) == 0 {
			return nil
		}
	}
	return ctx.Err()
}

// Get reads items by their distinct keys, consistently, in no order. Missing and
// expired ones are left out.
func (t Table) Get(ctx context.Context, keys []Item) ([]Item, error) {
	var items []Item
	for batch := range slices.Chunk(keys, maxBatchGet) {
		found, err := t.getBatch(ctx, batch)
		if err != nil {
			return nil, fmt.Errorf("get batch: %w", Classify(err))
		}
		items = append(items, t.Live(found)...)
	}
	return items, nil
}

func (t Table) getBatch(ctx context.Context, keys []Item) ([]Item, error) {
	var items []Item
	for range unprocessed.Attempts(ctx) {
		out, err := t.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{t.Name: {Keys: keys, ConsistentRead: aws.Bool(true)}},
		})
		if err != nil {
			return nil, err
		}
		items = append(items, out.Responses[t.Name]...)
		if keys = out.UnprocessedKeys[t.Name].Keys; len(keys) == 0 {
			return items, nil
		}
	}
	return nil, ctx.Err()
}

// Put is the request to put an item in a batch.
func Put(item Item) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
}

// Delete is the request to delete an item in a batch.
func Delete(key Item) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}}
}

// S, N and SS make attribute values.
func S(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// N makes a number.
func N(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// SS makes a set of strings, which must not be empty.
func SS(s []string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: s} }

// String returns an attribute that is a string, else "".
func String(item Item, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Int returns an attribute that is an integer.
func Int(item Item, name string) (int64, bool) {
	n, ok := item[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	return v, err == nil
}

// Strings returns an attribute that is a set of strings, else nil.
func Strings(item Item, name string) []string {
	if ss, ok := item[name].(*types.AttributeValueMemberSS); ok {
		return ss.Value
	}
	return nil
}

// With returns a copy of an item with further attributes.
func With(item, more Item) Item {
	all := maps.Clone(item)
	maps.Copy(all, more)
	return all
}

// Refused reports whether a write's condition did not hold, and the item as it was
// if the write asked for it (ReturnValuesOnConditionCheckFailure).
func Refused(err error) (Item, bool) {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return failed.Item, true
	}
	return nil, false
}
