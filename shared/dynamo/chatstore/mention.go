package chatstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// putMentions are the writes of a transaction that put a message into the lists of those whom it
// mentions.
func (s *Store) putMentions(m chat.Message) []types.TransactWriteItem {
	var writes []types.TransactWriteItem
	for _, user := range m.Mentioned {
		writes = append(writes, s.table.PutInTransaction(table.With(mentionKey(user, m), table.Item{
			schema.TTL: table.N(m.SentAt.Add(chat.MentionKept).Unix()),
		})))
	}
	return writes
}

// changeMentions is putMentions for a revision, which also takes the message out of other lists.
func (s *Store) changeMentions(m, was chat.Message) []types.TransactWriteItem {
	writes := s.putMentions(m)
	for _, user := range was.Mentioned {
		if !slices.Contains(m.Mentioned, user) {
			writes = append(writes, s.table.DeleteInTransaction(mentionKey(user, m)))
		}
	}
	return writes
}

func mentionKey(userID string, m chat.Message) table.Item {
	return table.Key(mentionsPartition(userID), chat.MentionIn(m).Key())
}

// MembersAmong implements chat.Store: one BatchGetItem for a hundred.
func (s *Store) MembersAmong(ctx context.Context, roomID string, userIDs []string) ([]string, error) {
	keys := make([]table.Item, len(userIDs))
	for i, id := range userIDs {
		keys[i] = memberKey(roomID, id)
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("members among users: %w", err)
	}
	var ids []string
	for _, item := range items {
		ids = append(ids, strings.TrimPrefix(table.String(item, schema.SortKey), memberPrefix))
	}
	return ids, nil
}

// Mentions implements chat.Store: one Query.
func (s *Store) Mentions(ctx context.Context, userID, after string, limit int) ([]chat.Mention, error) {
	in := table.PartitionQuery(mentionsPartition(userID))
	if after != "" {
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk < :after")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":after"] = table.S(after)
	}
	in.ScanIndexForward = aws.Bool(false)
	in.ConsistentRead = aws.Bool(true)
	all, err := firstOf(ctx, s.table, in, limit, func(item table.Item) (chat.Mention, error) {
		return chat.ReadMention(table.String(item, schema.SortKey))
	})
	if err != nil {
		return nil, fmt.Errorf("mentions: %w", err)
	}
	return all, nil
}
