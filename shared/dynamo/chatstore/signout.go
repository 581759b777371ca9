package chatstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// Until when a user is signed out everywhere is kept twice: beside the user's rooms, which every
// CONNECT reads, and on the user's budget, which every request by HTTP writes. So neither needs
// a call more.
const (
	attrSignedOut = "out"  // s
	attrKept      = "kept" // the socket that stays
)

// SignOut implements chat.Store with one transaction.
func (s *Store) SignOut(ctx context.Context, o chat.SignOut) error {
	values := table.Item{":until": table.N(o.Until.Unix()), ":ttl": table.N(o.Until.Add(chat.SignOutKept).Unix())}
	set := func(key table.Item) *types.Update {
		return &types.Update{
			TableName:                 aws.String(s.table.Name),
			Key:                       key,
			UpdateExpression:          aws.String("SET #out = :until, #ttl = :ttl"),
			ConditionExpression:       aws.String("attribute_not_exists(#out) OR #out <= :until"),
			ExpressionAttributeNames:  map[string]string{"#out": attrSignedOut, "#ttl": schema.TTL},
			ExpressionAttributeValues: values,
		}
	}
	note := table.With(signOutKey(o.UserID), table.Item{attrSignedOut: table.N(o.Until.Unix())})
	if o.Kept != "" {
		note[attrKept] = table.S(o.Kept)
	}
	err := s.table.Transact(ctx, []types.TransactWriteItem{
		0: {Update: set(signedOutKey(o.UserID))},
		1: {Update: set(budgetKey(o.UserID))},
		2: s.table.PutInTransaction(note),
	})
	if _, later := table.RefusedAt(err, 0); later {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// SignedOut implements chat.Store.
func (s *Store) SignedOut(ctx context.Context, userID string) (time.Time, error) {
	item, err := s.table.GetItem(ctx, signedOutKey(userID))
	if err != nil {
		return time.Time{}, fmt.Errorf("signed out: %w", err)
	}
	return signedOut(item), nil
}

// signedOut returns until when the user of an item is signed out everywhere.
func signedOut(item table.Item) time.Time {
	if s, ok := table.Int(item, attrSignedOut); ok {
		return time.Unix(s, 0)
	}
	return time.Time{}
}

// Admission implements chat.Store with one Query.
func (s *Store) Admission(ctx context.Context, userID string) (roomIDs []string, until time.Time, err error) {
	for page, err := range s.table.Query(ctx, prefixQuery(userPartition(userID), admissionPrefix)) {
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("rooms of a user: %w", err)
		}
		for _, item := range page {
			if id, isRoom := strings.CutPrefix(table.String(item, schema.SortKey), userRoomPrefix); isRoom {
				roomIDs = append(roomIDs, id)
			} else {
				until = signedOut(item)
			}
		}
	}
	return roomIDs, until, nil
}

// SignOuts implements chat.Store: one eventually consistent Query.
func (s *Store) SignOuts(ctx context.Context) ([]chat.SignOut, error) {
	var all []chat.SignOut
	for page, err := range s.table.Query(ctx, table.PartitionQuery(signOutsPartition)) {
		if err != nil {
			return nil, fmt.Errorf("sign-outs: %w", err)
		}
		for _, item := range page {
			all = append(all, chat.SignOut{
				UserID: table.String(item, schema.SortKey), Until: signedOut(item), Kept: table.String(item, attrKept),
			})
		}
	}
	return all, nil
}

// ForgetSignOut implements chat.Store.
func (s *Store) ForgetSignOut(ctx context.Context, o chat.SignOut) error {
	_, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       signOutKey(o.UserID),
		ConditionExpression:       aws.String("attribute_not_exists(#out) OR #out <= :until"),
		ExpressionAttributeNames:  map[string]string{"#out": attrSignedOut},
		ExpressionAttributeValues: table.Item{":until": table.N(o.Until.Unix())},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("forget sign-out: %w", table.Classify(err))
	}
	return nil
}
