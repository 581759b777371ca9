package chatstore

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// attrRev is the last revision: of a room on its counter of revisions, of a message on its
// item. A message that never changed has none.
const attrRev = "rev"

// revisionsPartition holds a part of a room's log of revisions.
func revisionsPartition(roomID string, bucket int64) string {
	return fmt.Sprintf("V#%s#%d", roomID, bucket)
}

// revisionCounterKey is not the key of the counter of messages: a revision that is under way
// would make those who send messages fail.
func revisionCounterKey(roomID string) table.Item { return table.Key("V#"+roomID, "COUNTER") }

// Revisable implements chat.Store: one BatchGetItem.
func (s *Store) Revisable(ctx context.Context, roomID string, seq int64) (chat.Revisable, error) {
	items, err := s.table.Get(ctx, []table.Item{entryKey(roomID, seq), revisionCounterKey(roomID), counterKey(roomID)})
	if err != nil {
		return chat.Revisable{}, fmt.Errorf("revisable: %w", err)
	}
	var r chat.Revisable
	for _, item := range items {
		switch table.String(item, schema.PartitionKey) {
		case "V#" + roomID:
			r.Head, _ = table.Int(item, attrRev)
		case "Q#" + roomID:
			r.Left = leftOf(item)
		default:
			e, err := decodeEntry(item)
			if err != nil {
				return chat.Revisable{}, fmt.Errorf("revisable: %w", err)
			}
			r.Message = e.Message
		}
	}
	return r, nil
}

// Revise implements chat.Store: one transaction with the counter of revisions, the message,
// the log, and the user's membership.
func (s *Store) Revise(ctx context.Context, m, was chat.Message, userID string) error {
	encoded, err := encode(m)
	if err != nil {
		return fmt.Errorf("revise: %w", err)
	}
	const counter, message, member = 0, 1, 3
	err = s.table.Transact(ctx, []types.TransactWriteItem{
		counter: {Put: s.putAfter(m.Rev-1, table.With(revisionCounterKey(m.RoomID), table.Item{attrRev: table.N(m.Rev)}))},
		message: {Put: s.putAfter(was.Rev, table.With(entryKey(m.RoomID, m.Seq), table.Item{attrJSON: table.S(encoded), attrRev: table.N(m.Rev)}))},
		2: s.table.PutInTransaction(table.With(
			table.Key(revisionsPartition(m.RoomID, m.Rev/bucketSize), position(m.Rev)), table.Item{attrSeq: table.N(m.Seq)})),
		member: s.checkMember(m.RoomID, userID),
	})
	if _, refused := table.RefusedAt(err, member); refused {
		return chat.ErrNotMember
	}
	for _, write := range []int{counter, message} {
		if _, refused := table.RefusedAt(err, write); refused {
			return chat.ErrRevised
		}
	}
	if err != nil {
		return fmt.Errorf("revise: %w", err)
	}
	return nil
}

// putAfter puts an item on condition that its last revision is this one, or none if 0.
func (s *Store) putAfter(rev int64, item table.Item) *types.Put {
	put := &types.Put{
		TableName: aws.String(s.table.Name), Item: item,
		ConditionExpression:      aws.String("attribute_not_exists(#rev)"),
		ExpressionAttributeNames: map[string]string{"#rev": attrRev},
	}
	if rev > 0 {
		put.ConditionExpression = aws.String("#rev = :rev")
		put.ExpressionAttributeValues = table.Item{":rev": table.N(rev)}
	}
	return put
}

// Revisions implements chat.Store: one Query for each partition that the range touches.
func (s *Store) Revisions(ctx context.Context, roomID string, after int64, limit int) ([]int64, error) {
	var seqs []int64
	partition := func(bucket int64) string { return revisionsPartition(roomID, bucket) }
	err := s.eachPosition(ctx, after+1, after+int64(limit), partition, func(item table.Item) error {
		seq, _ := table.Int(item, attrSeq)
		seqs = append(seqs, seq)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("revisions: %w", err)
	}
	return seqs, nil
}

// Messages implements chat.Store: one BatchGetItem for a hundred.
func (s *Store) Messages(ctx context.Context, roomID string, seqs []int64) ([]chat.Message, error) {
	keys := make([]table.Item, len(seqs))
	for i, seq := range seqs {
		keys[i] = entryKey(roomID, seq)
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	var found []chat.Message
	for _, item := range items {
		e, err := decodeEntry(item)
		if err != nil {
			return nil, fmt.Errorf("messages: %w", err)
		}
		if !e.Void {
			found = append(found, e.Message)
		}
	}
	return found, nil
}
