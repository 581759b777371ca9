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

// attrFollows tells of a thread whether the user follows it: 1, or 0 if they have stopped.
const attrFollows = "on"

var (
	follows = table.N(1)
	stopped = table.N(0)
)

// hasStopped reports whether an item is that of a thread which a user does not follow any more.
func hasStopped(item table.Item) bool {
	on, isFollow := table.Int(item, attrFollows)
	return isFollow && on == 0
}

// PutReply implements chat.Store: one transaction with the revision of the first message, the
// idempotency record, the reply, the sender's membership, and who follows from now on.
func (s *Store) PutReply(ctx context.Context, reply, first, was chat.Message) (chat.Message, bool, error) {
	writes, err := s.revision(first, was)
	if err != nil {
		return chat.Message{}, false, fmt.Errorf("put reply: %w", err)
	}
	item, err := entryOf(reply)
	if err != nil {
		return chat.Message{}, false, fmt.Errorf("put reply: %w", err)
	}
	countReply(writes, reply)
	const once, member = revisionWrites, revisionWrites + 1
	writes = append(writes, s.putOnce(reply), s.checkMember(reply.RoomID, reply.Sender.ID),
		s.table.PutNew(item),
		s.beginToFollow(reply, reply.Sender.ID, "SET #on = :on, #read = :seq, #ttl = :ttl"))
	if reply.Seq == 1 && first.Sender.ID != reply.Sender.ID {
		beginning := reply
		beginning.Seq = 0
		writes = append(writes, s.beginToFollow(beginning, first.Sender.ID,
			"SET #on = if_not_exists(#on, :on), #read = if_not_exists(#read, :seq), #ttl = :ttl"))
	}
	err = s.table.Transact(ctx, append(writes, s.putMentions(reply)...))
	if err == nil {
		reply.Mentioned = nil
		return reply, true, nil
	}
	if _, refused := table.RefusedAt(err, member); refused {
		return chat.Message{}, false, chat.ErrNotMember
	}
	if record, refused := table.RefusedAt(err, once); refused {
		stored, err := s.earlier(ctx, reply, record)
		return stored, false, err
	}
	if isRevised(err) {
		return chat.Message{}, false, chat.ErrRevised
	}
	return chat.Message{}, false, fmt.Errorf("put reply: %w", err)
}

// beginToFollow is the write of a transaction by which a user follows a reply's thread.
func (s *Store) beginToFollow(reply chat.Message, userID, update string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String(s.table.Name), Key: followKey(userID, reply.Log()),
		UpdateExpression:         aws.String(update),
		ExpressionAttributeNames: map[string]string{"#on": attrFollows, "#read": attrRead, "#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{
			":on": follows, ":seq": table.N(reply.Seq), ":ttl": keptFrom(reply.SentAt.Time),
		},
	}}
}

// keptFrom is the time to live of what is followed since a time.
func keptFrom(at time.Time) types.AttributeValue { return table.N(at.Add(chat.FollowKept).Unix()) }

// Follow implements chat.Store: one UpdateItem.
func (s *Store) Follow(ctx context.Context, log, userID string, on bool, seq int64) (chat.Follow, error) {
	in := dynamodb.UpdateItemInput{
		TableName: aws.String(s.table.Name), Key: followKey(userID, log),
		UpdateExpression:         aws.String("SET #on = :on, #ttl = :ttl"),
		ExpressionAttributeNames: map[string]string{"#on": attrFollows, "#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{
			":on": stopped, ":ttl": keptFrom(s.table.Now()),
		},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if on {
		in.UpdateExpression = aws.String("SET #on = :on, #read = :seq, #ttl = :ttl")
		in.ConditionExpression = aws.String("attribute_not_exists(#on) OR #on <> :on OR #ttl <= :now")
		in.ExpressionAttributeNames["#read"] = attrRead
		in.ExpressionAttributeValues[":on"], in.ExpressionAttributeValues[":seq"] = follows, table.N(seq)
		in.ExpressionAttributeValues[":now"] = table.N(s.table.Now().Unix())
	}
	out, err := s.table.Client.UpdateItem(ctx, &in)
	item, refused := table.Refused(err) // they follow it already
	if !refused {
		if err != nil {
			return chat.Follow{}, fmt.Errorf("follow: %w", table.Classify(err))
		}
		item = out.Attributes
	}
	return decodeFollow(item), nil
}

func decodeFollow(item table.Item) chat.Follow {
	on, _ := table.Int(item, attrFollows)
	mark, _ := decodeMark(item)
	return chat.Follow{On: on == 1, Mark: mark}
}

// FollowOf implements chat.Store: one BatchGetItem, which leaves out what has expired.
func (s *Store) FollowOf(ctx context.Context, log, userID string) (follow chat.Follow, draft chat.Draft, err error) {
	items, err := s.table.Get(ctx, []table.Item{followKey(userID, log), draftKey(userID, log)})
	for _, item := range items {
		if table.String(item, schema.PartitionKey) == followsPartition(userID) {
			follow = decodeFollow(item)
		} else {
			draft = decodeDraft(item)
		}
	}
	return follow, draft, err
}

// Followed implements chat.Store: one Query and one BatchGetItem.
func (s *Store) Followed(ctx context.Context, userID, after string, limit int) ([]chat.Followed, error) {
	in := table.PartitionQuery(followsPartition(userID))
	in.ConsistentRead = aws.Bool(true)
	in.FilterExpression = aws.String("#on = :on")
	in.ExpressionAttributeNames["#on"] = attrFollows
	in.ExpressionAttributeValues[":on"] = follows
	if after != "" {
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk > :after")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":after"] = table.S(after)
	}
	items, err := firstOf(ctx, s.table, in, limit, func(item table.Item) (table.Item, error) { return item, nil })
	if err != nil {
		return nil, fmt.Errorf("followed: %w", err)
	}
	all, err := s.withFirstMessages(ctx, items)
	if err != nil {
		return nil, fmt.Errorf("followed: %w", err)
	}
	return all, nil
}

// withFirstMessages returns the threads of items, in their order.
func (s *Store) withFirstMessages(ctx context.Context, items []table.Item) ([]chat.Followed, error) {
	keys := make([]table.Item, len(items))
	for i, item := range items {
		keys[i] = entryKey(chat.SplitLogID(table.String(item, schema.SortKey)))
	}
	found, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, err
	}
	messages := map[string]chat.Message{}
	for _, item := range found {
		e, err := decodeEntry(item)
		if err != nil {
			return nil, err
		}
		messages[e.Message.ID] = e.Message
	}
	all := make([]chat.Followed, len(items))
	for i, item := range items {
		all[i] = chat.Followed{First: messages[table.String(item, schema.SortKey)], Mark: decodeFollow(item).Mark}
	}
	return all, nil
}
