package chatstore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// What a membership tells of a member who types or has stopped.
const (
	attrTyped  = "typed" // ms: when the room was last told that they type
	attrTyping = "types" // they have not stopped since
)

// Type implements chat.Store with one UpdateItem, which also tells whether the user is a member.
func (s *Store) Type(ctx context.Context, roomID, userID string, on bool, now time.Time) (member, news bool, err error) {
	in := dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      memberKey(roomID, userID),
		UpdateExpression:         aws.String("REMOVE #typing"),
		ConditionExpression:      aws.String("attribute_exists(#pk) AND attribute_exists(#typing)"),
		ExpressionAttributeNames: map[string]string{"#pk": schema.PartitionKey, "#typing": attrTyping},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if on {
		in.UpdateExpression = aws.String("SET #typed = :now, #typing = :yes")
		in.ConditionExpression = aws.String("attribute_exists(#pk) AND (attribute_not_exists(#typed) OR #typed <= :before)")
		in.ExpressionAttributeNames["#typed"] = attrTyped
		in.ExpressionAttributeValues = table.Item{
			":now": table.N(now.UnixMilli()), ":before": table.N(now.Add(-chat.TypingPause).UnixMilli()), ":yes": table.N(1),
		}
	}
	_, err = s.table.Client.UpdateItem(ctx, &in)
	item, refused := table.Refused(err)
	if err != nil && !refused {
		return false, false, fmt.Errorf("type: %w", table.Classify(err))
	}
	return !refused || len(item) > 0, !refused, nil
}
