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

const (
	attrDraft   = "text"
	attrSavedAt = "at" // ms
	attrReplyTo = "replyTo"
)

// draftPrefix sorts the drafts of a user's rooms before their invitations and rooms: their list is
// read with them, and what others read of a user is not.
const draftPrefix = "D#"

// draftKey of a thread is in a partition of its own, because only who opens the thread reads it.
func draftKey(userID, log string) table.Item {
	if _, threadOf := chat.SplitLogID(log); threadOf > 0 {
		return table.Key("T#"+userID, log)
	}
	return table.Key(userPartition(userID), draftPrefix+log)
}

// SaveDraft implements chat.Store: one PutItem. A draft without text leaves an item, so that an earlier
// one that comes late is refused.
func (s *Store) SaveDraft(ctx context.Context, log, userID string, d chat.Draft) (chat.Draft, error) {
	at := table.N(d.SavedAt.UnixMilli())
	item := table.With(draftKey(userID, log), table.Item{
		attrSavedAt: at, schema.TTL: table.N(d.SavedAt.Add(chat.DraftKept).Unix()),
	})
	if d.Text != "" {
		item[attrDraft] = table.S(d.Text)
	}
	if d.ReplyTo != 0 {
		item[attrReplyTo] = table.N(d.ReplyTo)
	}
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name), Item: item,
		ConditionExpression:       aws.String("attribute_not_exists(#at) OR #at <= :at"),
		ExpressionAttributeNames:  map[string]string{"#at": attrSavedAt},
		ExpressionAttributeValues: table.Item{":at": at},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if later, refused := table.Refused(err); refused {
		return decodeDraft(later), nil
	}
	if err != nil {
		return chat.Draft{}, fmt.Errorf("save draft: %w", table.Classify(err))
	}
	return d, nil
}

func decodeDraft(item table.Item) chat.Draft {
	d := chat.Draft{Text: table.String(item, attrDraft)}
	d.ReplyTo, _ = table.Int(item, attrReplyTo)
	at, _ := table.Int(item, attrSavedAt)
	d.SavedAt = chat.At(time.UnixMilli(at))
	return d
}

// StandingWithDrafts implements chat.Store: one Query.
func (s *Store) StandingWithDrafts(ctx context.Context, userID string, now time.Time) (chat.Standing, error) {
	items, err := s.table.Partition(ctx, userPartition(userID))
	if err != nil {
		return chat.Standing{}, fmt.Errorf("standing of a user: %w", err)
	}
	standing, err := standingOf(items, now)
	if err != nil {
		return chat.Standing{}, err
	}
	standing.Drafts = map[string]chat.Draft{}
	for _, item := range items {
		id, isDraft := strings.CutPrefix(table.String(item, schema.SortKey), draftPrefix)
		if d := decodeDraft(item); isDraft && d.Text != "" && !table.Expired(item, now) {
			standing.Drafts[id] = d
		}
	}
	return standing, nil
}
