package chatstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// A mark lies on the item of a user's room, which is there as long as the membership, and which
// the list of rooms reads anyway; that of a thread on the item of who follows it.
const (
	attrRead        = "read" // the last position that is read
	attrMarkVersion = "version"
)

// Conditions: that a user is a member, and that their mark is before a position.
const (
	isThere  = "attribute_exists(#pk)"
	isBefore = " AND (attribute_not_exists(#read) OR #read < :seq)"
)

func decodeMark(item table.Item) (mark chat.Mark, marked bool) {
	mark.Seq, marked = table.Int(item, attrRead)
	mark.Version, _ = table.Int(item, attrMarkVersion)
	return mark, marked
}

// MarkRead implements chat.Store: one UpdateItem.
func (s *Store) MarkRead(ctx context.Context, log, userID string, seq int64, version *int64) (chat.Mark, error) {
	in := markUpdate(log, userID, seq)
	in.UpdateExpression = aws.String("SET #read = :seq")
	condition := aws.ToString(in.ConditionExpression) + isBefore
	in.ConditionExpression = &condition
	if version != nil {
		condition += " AND (attribute_not_exists(#version) OR #version <= :version)"
		in.ExpressionAttributeNames["#version"] = attrMarkVersion
		in.ExpressionAttributeValues[":version"] = table.N(*version)
	}
	return s.updateMark(ctx, in)
}

// MarkUnread implements chat.Store: one UpdateItem.
func (s *Store) MarkUnread(ctx context.Context, log, userID string, seq int64, version *int64) (chat.Mark, error) {
	in := markUpdate(log, userID, seq)
	in.UpdateExpression = aws.String("SET #read = :seq ADD #version :one")
	in.ExpressionAttributeNames["#version"] = attrMarkVersion
	in.ExpressionAttributeValues[":one"] = table.N(1)
	condition := aws.ToString(in.ConditionExpression)
	in.ConditionExpression = &condition
	if version != nil {
		same := "#version = :version"
		if *version == 0 {
			same = "(attribute_not_exists(#version) OR #version = :version)"
		}
		condition += " AND " + same
		in.ExpressionAttributeValues[":version"] = table.N(*version)
	}
	return s.updateMark(ctx, in)
}

// markUpdate begins the update of a mark, on condition that the user is a member of the room or follows
// the thread.
func markUpdate(log, userID string, seq int64) dynamodb.UpdateItemInput {
	in := dynamodb.UpdateItemInput{
		Key: userRoomKey(userID, log), ConditionExpression: aws.String(isThere),
		ExpressionAttributeNames:  map[string]string{"#pk": schema.PartitionKey, "#read": attrRead},
		ExpressionAttributeValues: table.Item{":seq": table.N(seq)},
	}
	if _, threadOf := chat.SplitLogID(log); threadOf > 0 {
		in.Key, in.ConditionExpression = followKey(userID, log), aws.String("#on = :on")
		delete(in.ExpressionAttributeNames, "#pk")
		in.ExpressionAttributeNames["#on"], in.ExpressionAttributeValues[":on"] = attrFollows, follows
	}
	return in
}

// updateMark changes the mark of a member if a condition holds, and returns it as it is now.
func (s *Store) updateMark(ctx context.Context, in dynamodb.UpdateItemInput) (chat.Mark, error) {
	in.TableName = aws.String(s.table.Name)
	in.ReturnValues = types.ReturnValueAllNew
	in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	out, err := s.table.Client.UpdateItem(ctx, &in)
	item, refused := table.Refused(err)
	switch {
	case refused && (len(item) == 0 || hasStopped(item)):
		return chat.Mark{}, chat.ErrNotMember
	case err != nil && !refused:
		return chat.Mark{}, fmt.Errorf("mark: %w", table.Classify(err))
	case !refused:
		item = out.Attributes
	}
	mark, _ := decodeMark(item)
	return mark, nil
}

// moveMark is the write of a transaction that moves a member's mark forward. Where it is refused,
// the item tells whether they are a member.
func (s *Store) moveMark(roomID, userID string, seq int64) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String(s.table.Name), Key: userRoomKey(userID, roomID),
		UpdateExpression:          aws.String("SET #read = :seq"),
		ConditionExpression:       aws.String(isThere + isBefore),
		ExpressionAttributeNames:  map[string]string{"#pk": schema.PartitionKey, "#read": attrRead},
		ExpressionAttributeValues: table.Item{":seq": table.N(seq)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// Marks implements chat.Store: one BatchGetItem for a hundred.
func (s *Store) Marks(ctx context.Context, roomID string, userIDs []string) (map[string]chat.Mark, error) {
	keys := make([]table.Item, len(userIDs))
	for i, id := range userIDs {
		keys[i] = userRoomKey(id, roomID)
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("marks: %w", err)
	}
	marks := map[string]chat.Mark{}
	for _, item := range items {
		if mark, marked := decodeMark(item); marked {
			marks[strings.TrimPrefix(table.String(item, schema.PartitionKey), userPartition(""))] = mark
		}
	}
	return marks, nil
}
