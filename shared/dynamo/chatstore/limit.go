package chatstore

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// What bounds a user is counted in the transactions that change it, at no further call.
const (
	attrRooms       = "rooms"       // those that the user is in, or made on a day
	attrInvitations = "invitations" // those that the user made on a day
	// madeLifetime is how long a day's counts are kept.
	madeLifetime = 48 * time.Hour
)

func inRoomsKey(userID string) table.Item { return table.Key(limitPartition(userID), "ROOMS") }

// countRoom counts one more room that a user is in, below the limit.
func (s *Store) countRoom(userID string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                 aws.String(s.table.Name),
		Key:                       inRoomsKey(userID),
		UpdateExpression:          aws.String("ADD #rooms :one"),
		ConditionExpression:       aws.String("attribute_not_exists(#rooms) OR #rooms < :max"),
		ExpressionAttributeNames:  map[string]string{"#rooms": attrRooms},
		ExpressionAttributeValues: table.Item{":one": table.N(1), ":max": table.N(chat.MaxRooms)},
	}}
}

// uncountRoom counts one room less.
func (s *Store) uncountRoom(userID string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                 aws.String(s.table.Name),
		Key:                       inRoomsKey(userID),
		UpdateExpression:          aws.String("ADD #rooms :one"),
		ExpressionAttributeNames:  map[string]string{"#rooms": attrRooms},
		ExpressionAttributeValues: table.Item{":one": table.N(-1)},
	}}
}

// countMade counts a room that a user makes, and whom they invite to it, below the limits of a
// day.
func (s *Store) countMade(userID string, now time.Time, invited int) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:        aws.String(s.table.Name),
		Key:              table.Key(limitPartition(userID), "MADE#"+now.UTC().Format(time.DateOnly)),
		UpdateExpression: aws.String("SET #ttl = :ttl ADD #rooms :one, #invitations :invited"),
		ConditionExpression: aws.String(
			"(attribute_not_exists(#rooms) OR #rooms < :max) AND (attribute_not_exists(#invitations) OR #invitations <= :before)"),
		ExpressionAttributeNames: map[string]string{"#ttl": schema.TTL, "#rooms": attrRooms, "#invitations": attrInvitations},
		ExpressionAttributeValues: table.Item{
			":ttl": table.N(now.Add(madeLifetime).Unix()), ":one": table.N(1), ":max": table.N(chat.MaxRoomsMade),
			":invited": table.N(int64(invited)), ":before": table.N(int64(chat.MaxInvited - invited)),
		},
	}}
}
