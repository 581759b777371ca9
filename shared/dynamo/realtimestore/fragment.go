package realtimestore

import (
	"context"
	"errors"
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
	attrReceived    = "at"  // ms
	attrAttachments = "att" // of a header
	attrBody        = "bytes"
)

// smallBody is the size up to which a body is in the item of its fragment, in bytes. Every
// frame reads the items of all fragments. Larger bodies are beside them, for the one that
// takes the fragment.
const smallBody = 128

// fragmentKey sorts a connection's fragments by time of receipt, then by ordinal.
func fragmentKey(connectionID string, f store.Fragment) table.Item {
	return table.Key(fragmentPartition(connectionID), fragmentName(f))
}

// fragmentName begins with a time, as a claim does.
func fragmentName(f store.Fragment) string {
	return fmt.Sprintf("%s#%012d", paddedMillis(f.At), f.Ordinal)
}

// countIncomplete counts the headers on a connection's record that may still wait for
// attachments.
func countIncomplete(item table.Item, now time.Time) (n int) {
	for _, name := range table.Strings(item, attrHeaders) {
		if now.Sub(timeOfClaim(name)) < store.FragmentLifetime {
			n++
		}
	}
	return n
}

// AddFragment implements store.Store. It writes the body first: whoever sees the fragment finds
// its body.
func (s *Store) AddFragment(ctx context.Context, connectionID string, f store.Fragment, expires time.Time) (time.Time, error) {
	item := table.With(fragmentKey(connectionID, f), table.Item{
		attrReceived: millis(f.At),
		attrOrdinal:  table.N(f.Ordinal),
		schema.TTL:   expiry(expires),
	})
	var lastPacket time.Time
	if f.IsHeader() {
		item[attrAttachments] = table.N(int64(f.Attachments))
		var err error
		if lastPacket, err = s.updateHeaders(ctx, connectionID, "ADD", f); err != nil {
			return time.Time{}, fmt.Errorf("add fragment: %w", err)
		}
	}
	body := &types.AttributeValueMemberB{Value: f.Body}
	if len(f.Body) <= smallBody {
		item[attrBody] = body
	} else if err := s.put(ctx, table.With(bodyKey(connectionID, f), table.Item{attrBody: body, schema.TTL: expiry(expires)})); err != nil {
		return time.Time{}, fmt.Errorf("add fragment: %w", err)
	}
	if err := s.put(ctx, item); err != nil {
		return time.Time{}, fmt.Errorf("add fragment: %w", err)
	}
	return lastPacket, nil
}

func (s *Store) put(ctx context.Context, item table.Item) error {
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.table.Name), Item: item})
	return table.Classify(err)
}

// updateHeaders adds the header of a binary packet to its connection's record (ADD) or deletes
// it (DELETE). It returns when the connection's last packet without attachments was received.
// Both may be repeated.
func (s *Store) updateHeaders(ctx context.Context, connectionID, action string, header store.Fragment) (time.Time, error) {
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       connectionKey(connectionID),
		UpdateExpression:          aws.String(action + " #bin :header"),
		ConditionExpression:       aws.String("attribute_exists(#pk)"),
		ExpressionAttributeNames:  map[string]string{"#pk": schema.PartitionKey, "#bin": attrHeaders},
		ExpressionAttributeValues: table.Item{":header": table.SS([]string{fragmentName(header)})},
		ReturnValues:              types.ReturnValueAllNew,
	})
	if _, refused := table.Refused(err); refused {
		return time.Time{}, store.ErrNoConnection
	}
	if err != nil {
		return time.Time{}, table.Classify(err)
	}
	return timeOf(out.Attributes, attrPacket), nil
}

// Fragments implements store.Store.
func (s *Store) Fragments(ctx context.Context, connectionID string) ([]store.Fragment, error) {
	items, err := s.table.Partition(ctx, fragmentPartition(connectionID))
	if err != nil {
		return nil, fmt.Errorf("fragments: %w", err)
	}
	var fragments []store.Fragment
	for _, item := range items {
		f := store.Fragment{At: timeOf(item, attrReceived)}
		f.Ordinal, _ = table.Int(item, attrOrdinal)
		attachments, _ := table.Int(item, attrAttachments)
		f.Attachments = int(attachments)
		fragments = append(fragments, f)
	}
	return fragments, nil
}

// TakeFragments implements store.Store with a transaction, in which the first fragment must
// still be there. Bodies beside the fragments are left to expire, which is free.
func (s *Store) TakeFragments(ctx context.Context, connectionID string, fragments []store.Fragment) ([]store.Fragment, error) {
	taken, err := s.withBodies(ctx, connectionID, fragments)
	if err != nil {
		return nil, fmt.Errorf("take fragments: %w", err)
	}
	var deletes []types.TransactWriteItem
	for i, f := range fragments {
		d := &types.Delete{TableName: aws.String(s.table.Name), Key: fragmentKey(connectionID, f)}
		if i == 0 {
			d.ConditionExpression = aws.String("attribute_exists(#pk)")
			d.ExpressionAttributeNames = map[string]string{"#pk": schema.PartitionKey}
		}
		deletes = append(deletes, types.TransactWriteItem{Delete: d})
	}
	_, err = s.table.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: deletes})
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) && takenElsewhere(canceled) {
		return nil, store.ErrClaimed
	}
	if err != nil {
		return nil, fmt.Errorf("take fragments: %w", table.Classify(err))
	}
	// If this fails, the packet is still the caller's. A header that stays on the record costs a
	// query for each message until it is too old to count.
	_, _ = s.updateHeaders(ctx, connectionID, "DELETE", fragments[0])
	return taken, nil
}

// withBodies returns fragments with their bodies. ErrClaimed if some are gone.
func (s *Store) withBodies(ctx context.Context, connectionID string, fragments []store.Fragment) ([]store.Fragment, error) {
	var keys []table.Item
	for _, f := range fragments {
		keys = append(keys, fragmentKey(connectionID, f), bodyKey(connectionID, f))
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, err
	}
	bodies := map[string][]byte{} // by the name of the fragment
	for _, item := range items {
		if body, ok := item[attrBody].(*types.AttributeValueMemberB); ok {
			bodies[table.String(item, schema.SortKey)] = body.Value
		}
	}
	whole := make([]store.Fragment, len(fragments))
	for i, f := range fragments {
		body, ok := bodies[fragmentName(f)]
		if !ok {
			return nil, store.ErrClaimed
		}
		f.Body = body
		whole[i] = f
	}
	return whole, nil
}

// takenElsewhere reports whether a transaction was canceled because another caller has taken
// the fragments, or is taking them.
func takenElsewhere(canceled *types.TransactionCanceledException) bool {
	for _, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed", "TransactionConflict":
			return true
		}
	}
	return false
}
