package chatstore

import (
	"context"
	"errors"
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

// Attributes of a change, beside attrName.
const (
	attrChangedAt = "at"   // ms
	attrTodo      = "todo" // it is not finished
)

func changeItem(c chat.Change) table.Item {
	return table.With(changeKey(c.RoomID, c.User.ID), table.Item{
		attrName:      table.S(c.User.Name),
		attrChangedAt: table.N(c.At.UnixMilli()),
		attrTodo:      &types.AttributeValueMemberBOOL{Value: true},
	})
}

// These are conditions: that no later change is noted, and that only earlier ones are. Of a
// join and a leave of the same millisecond, the leave counts.
const (
	notLater = "attribute_not_exists(#at) OR #at <= :at"
	earlier  = "attribute_not_exists(#at) OR #at < :at"
)

// noteChange notes a change as part of a transaction.
func (s *Store) noteChange(c chat.Change, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName:                 aws.String(s.table.Name),
		Item:                      changeItem(c),
		ConditionExpression:       aws.String(condition),
		ExpressionAttributeNames:  map[string]string{"#at": attrChangedAt},
		ExpressionAttributeValues: table.Item{":at": table.N(c.At.UnixMilli())},
	}}
}

// noteAbsence notes that a user who was no member asked to leave: from now on, no earlier
// request makes them one. What is left to do of an earlier change stays so.
func (s *Store) noteAbsence(ctx context.Context, c chat.Change) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      changeKey(c.RoomID, c.User.ID),
		UpdateExpression:         aws.String("SET #at = :at, #name = :name"),
		ConditionExpression:      aws.String(notLater),
		ExpressionAttributeNames: map[string]string{"#at": attrChangedAt, "#name": attrName},
		ExpressionAttributeValues: table.Item{
			":at": table.N(c.At.UnixMilli()), ":name": table.S(c.User.Name),
		},
	})
	if _, refused := table.Refused(err); refused {
		return chat.ErrOvertaken
	}
	return table.Classify(err)
}

// AddMember implements chat.Store: one transaction.
func (s *Store) AddMember(ctx context.Context, roomID string, m chat.Member, at time.Time) (bool, error) {
	return s.addMember(ctx, roomID, m, at)
}

// addMember adds a member if further writes have their conditions too, the first of which is
// that there is an invitation.
func (s *Store) addMember(ctx context.Context, roomID string, m chat.Member, at time.Time, more ...types.TransactWriteItem) (bool, error) {
	const member, change, count, invitation = 0, 2, 3, 4
	err := s.table.Transact(ctx, append([]types.TransactWriteItem{
		member: s.table.PutNew(memberItem(roomID, m)),
		1:      s.table.PutInTransaction(userRoomItem(roomID, m)),
		change: s.noteChange(chat.Change{RoomID: roomID, User: m.User, At: at}, earlier),
		count:  s.countRoom(m.ID),
	}, more...))
	if _, exists := table.RefusedAt(err, member); exists {
		return false, nil
	}
	if _, missing := table.RefusedAt(err, invitation); missing {
		return false, chat.ErrNotInvited
	}
	if _, later := table.RefusedAt(err, change); later {
		return false, chat.ErrOvertaken
	}
	if _, full := table.RefusedAt(err, count); full {
		return false, chat.ErrTooManyRooms
	}
	if err != nil {
		return false, fmt.Errorf("add member: %w", err)
	}
	return true, nil
}

// RemoveMember implements chat.Store: one transaction. For a user who is no member there are
// two more calls: a join that was asked for earlier may come between the first and the second.
func (s *Store) RemoveMember(ctx context.Context, roomID string, u chat.User, at time.Time) (bool, error) {
	c := chat.Change{RoomID: roomID, User: u, At: at}
	removed, err := s.removeMember(ctx, c)
	if err == nil && !removed {
		if err = s.noteAbsence(ctx, c); err == nil {
			removed, err = s.removeMember(ctx, c)
		}
	}
	if err != nil && !errors.Is(err, chat.ErrOvertaken) {
		return false, fmt.Errorf("remove member: %w", err)
	}
	return removed, err
}

func (s *Store) removeMember(ctx context.Context, c chat.Change) (bool, error) {
	const member, change = 0, 2
	err := s.table.Transact(ctx, []types.TransactWriteItem{
		member: {Delete: &types.Delete{
			TableName: aws.String(s.table.Name), Key: memberKey(c.RoomID, c.User.ID),
			ConditionExpression:      aws.String("attribute_exists(#pk)"),
			ExpressionAttributeNames: map[string]string{"#pk": schema.PartitionKey},
		}},
		1:      s.table.DeleteInTransaction(userRoomKey(c.User.ID, c.RoomID)),
		change: s.noteChange(c, notLater),
		3:      s.uncountRoom(c.User.ID),
	})
	if _, later := table.RefusedAt(err, change); later {
		return false, chat.ErrOvertaken
	}
	if _, missing := table.RefusedAt(err, member); missing {
		return false, nil
	}
	return err == nil, err
}

// Changes implements chat.Store: one eventually consistent Query.
func (s *Store) Changes(ctx context.Context) ([]chat.Change, error) {
	var changes []chat.Change
	for page, err := range s.table.Query(ctx, table.PartitionQuery(changesPartition)) {
		if err != nil {
			return nil, fmt.Errorf("changes: %w", err)
		}
		for _, item := range page {
			changes = append(changes, decodeChange(item))
		}
	}
	return changes, nil
}

// ChangeOf implements chat.Store.
func (s *Store) ChangeOf(ctx context.Context, roomID, userID string) (chat.Change, bool, error) {
	item, err := s.table.GetItem(ctx, changeKey(roomID, userID))
	if err != nil {
		return chat.Change{}, false, fmt.Errorf("change: %w", err)
	}
	if item == nil {
		return chat.Change{}, false, nil
	}
	return decodeChange(item), true, nil
}

func decodeChange(item table.Item) chat.Change {
	room, user, _ := strings.Cut(table.String(item, schema.SortKey), "#")
	at, _ := table.Int(item, attrChangedAt)
	return chat.Change{
		RoomID:   room,
		User:     chat.User{ID: user, Name: table.String(item, attrName)},
		At:       chat.At(time.UnixMilli(at)).Time,
		Finished: item[attrTodo] == nil,
	}
}

// FinishChange implements chat.Store.
func (s *Store) FinishChange(ctx context.Context, c chat.Change) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       changeKey(c.RoomID, c.User.ID),
		UpdateExpression:          aws.String("REMOVE #todo"),
		ConditionExpression:       aws.String("#at <= :at"),
		ExpressionAttributeNames:  map[string]string{"#at": attrChangedAt, "#todo": attrTodo},
		ExpressionAttributeValues: table.Item{":at": table.N(c.At.UnixMilli())},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("finish change: %w", table.Classify(err))
	}
	return nil
}

// ForgetChange implements chat.Store.
func (s *Store) ForgetChange(ctx context.Context, c chat.Change) error {
	_, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       changeKey(c.RoomID, c.User.ID),
		ConditionExpression:       aws.String("#at <= :at"),
		ExpressionAttributeNames:  map[string]string{"#at": attrChangedAt},
		ExpressionAttributeValues: table.Item{":at": table.N(c.At.UnixMilli())},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("forget change: %w", table.Classify(err))
	}
	return nil
}

// The counter of a room remembers who left lately, so that Take can say so at no further call.
// It has a bounded number of places for them, chosen by a hash of the user. Of two users with
// the same place, the one who left later is remembered.
const (
	leftPrefix   = "l" // who left
	leftAtPrefix = "t" // ms
	leftPlaces   = 32
)

func leftNames(userID string) map[string]string {
	place := table.Hash(userID) % leftPlaces
	return map[string]string{"#user": fmt.Sprint(leftPrefix, place), "#at": fmt.Sprint(leftAtPrefix, place)}
}

// MarkLeft implements chat.Store.
func (s *Store) MarkLeft(ctx context.Context, roomID, userID string, at time.Time) error {
	return s.setLeft(ctx, roomID, userID, at, "SET #user = :user, #at = :at", notLater)
}

// UnmarkLeft implements chat.Store.
func (s *Store) UnmarkLeft(ctx context.Context, roomID, userID string, at time.Time) error {
	return s.setLeft(ctx, roomID, userID, at, "REMOVE #user, #at", "#user = :user AND #at <= :at")
}

func (s *Store) setLeft(ctx context.Context, roomID, userID string, at time.Time, update, condition string) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      counterKey(roomID),
		UpdateExpression:         aws.String(update),
		ConditionExpression:      aws.String(condition),
		ExpressionAttributeNames: leftNames(userID),
		ExpressionAttributeValues: table.Item{
			":user": table.S(userID), ":at": table.N(at.UnixMilli()),
		},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("mark who left: %w", table.Classify(err))
	}
	return nil
}

// leftOf returns who left lately, from a counter.
func leftOf(counter table.Item) []string {
	var left []string
	for place := range leftPlaces {
		if user := table.String(counter, fmt.Sprint(leftPrefix, place)); user != "" {
			left = append(left, user)
		}
	}
	return left
}
