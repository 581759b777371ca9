package realtimestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

const (
	attrReceived    = "at"  // ms
	attrAttachments = "att" // of a header
	attrBody        = "bytes"
)

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

// AddFragment implements store.Store.
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
	writes := []types.WriteRequest{table.Put(item)}
	body := &types.AttributeValueMemberB{Value: f.Body}
	if len(f.Body) <= store.SmallBody {
		item[attrBody] = body
	} else {
		beside := table.With(bodyKey(connectionID, f), table.Item{attrBody: body, schema.TTL: expiry(expires)})
		writes = append(writes, table.Put(beside))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return time.Time{}, fmt.Errorf("add fragment: %w", err)
	}
	return lastPacket, nil
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
		if body, ok := item[attrBody].(*types.AttributeValueMemberB); ok {
			f.Body = append([]byte{}, body.Value...) // not nil, though it may be empty
		}
		fragments = append(fragments, f)
	}
	return fragments, nil
}

// TakeFragments implements store.Store with a transaction, in which the first fragment must
// still be there. Bodies beside the fragments are left to expire, which is free.
func (s *Store) TakeFragments(ctx context.Context, connectionID string, fragments []store.Fragment) ([]store.Fragment, error) {
	var deletes []types.TransactWriteItem
	for i, f := range fragments {
		d := &types.Delete{TableName: aws.String(s.table.Name), Key: fragmentKey(connectionID, f)}
		if i == 0 {
			d.ConditionExpression = aws.String("attribute_exists(#pk)")
			d.ExpressionAttributeNames = map[string]string{"#pk": schema.PartitionKey}
		}
		deletes = append(deletes, types.TransactWriteItem{Delete: d})
	}
	_, err := s.table.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: deletes})
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
	taken, err := s.withBodies(ctx, connectionID, fragments)
	if err != nil {
		return nil, fmt.Errorf("take fragments: %w", err)
	}
	return taken, nil
}

// bodyPatience is how long the body of a fragment is waited for that is being stored.
var bodyPatience = wait.Backoff{First: 20 * time.Millisecond, For: time.Second}

// withBodies returns fragments with the bodies that are beside them.
func (s *Store) withBodies(ctx context.Context, connectionID string, fragments []store.Fragment) ([]store.Fragment, error) {
	whole := slices.Clone(fragments)
	for range bodyPatience.Attempts(ctx) {
		missing, err := s.addBodies(ctx, connectionID, whole)
		if err != nil || !missing {
			return whole, err
		}
	}
	return nil, cmp.Or(ctx.Err(), errors.New("the body of a fragment is missing"))
}

// addBodies adds the bodies that are beside fragments. It reports whether some are missing.
func (s *Store) addBodies(ctx context.Context, connectionID string, fragments []store.Fragment) (missing bool, err error) {
	var keys []table.Item
	for _, f := range fragments {
		if f.Body == nil {
			keys = append(keys, bodyKey(connectionID, f))
		}
	}
	items, err := s.table.Get(ctx, keys)
	bodies := map[string][]byte{} // by the name of the fragment
	for _, item := range items {
		if body, ok := item[attrBody].(*types.AttributeValueMemberB); ok {
			bodies[table.String(item, schema.SortKey)] = body.Value
		}
	}
	for i, f := range fragments {
		if f.Body == nil {
			fragments[i].Body = bodies[fragmentName(f)]
		}
	}
	return len(bodies) < len(keys), err
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
