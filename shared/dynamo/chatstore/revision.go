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

// attrRev is the last revision: of a log on its counter of revisions, of a message on its
// item. A message that never changed has none.
const attrRev = "rev"

// revisionsPartition holds a part of the revisions of a log.
func revisionsPartition(log string, bucket int64) string {
	return fmt.Sprintf("V#%s#%d", log, bucket)
}

// revisionCounterKey is not the key of the counter of messages: a revision that is under way
// would make those who send messages fail.
func revisionCounterKey(log string) table.Item { return table.Key("V#"+log, "COUNTER") }

// Revisable implements chat.Store: one BatchGetItem.
func (s *Store) Revisable(ctx context.Context, log string, seq int64) (chat.Revisable, error) {
	roomID, _ := chat.SplitLogID(log)
	items, err := s.table.Get(ctx, []table.Item{entryKey(log, seq), revisionCounterKey(log), counterKey(roomID)})
	if err != nil {
		return chat.Revisable{}, fmt.Errorf("revisable: %w", err)
	}
	var r chat.Revisable
	for _, item := range items {
		switch table.String(item, schema.PartitionKey) {
		case "V#" + log:
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
// the log, the user's membership, the message's pin if it comes or goes, who is mentioned, and the words
// by which a reply is found.
func (s *Store) Revise(ctx context.Context, m, was chat.Message, userID string) error {
	writes, err := s.revision(m, was)
	if err != nil {
		return fmt.Errorf("revise: %w", err)
	}
	const member = revisionWrites
	writes = append(writes, s.checkMember(m.RoomID, userID))
	if (m.Pinned == nil) != (was.Pinned == nil) {
		writes = append(writes, s.writePin(m))
	}
	writes = append(writes, s.changeMentions(m, was)...)
	if m.CountedAt > 0 && m.Text != was.Text {
		writes = append(writes, s.rewriteWords(m))
	}
	err = s.table.Transact(ctx, writes)
	if _, refused := table.RefusedAt(err, member); refused {
		return chat.ErrNotMember
	}
	if isRevised(err) {
		return chat.ErrRevised
	}
	if err != nil {
		return fmt.Errorf("revise: %w", err)
	}
	return nil
}

// revisionWrites is how many writes a revision has.
const revisionWrites = 3

// revision returns the first writes of a transaction that puts m in the place of the message as it
// was: of the counter of revisions, the message, and the log of revisions.
func (s *Store) revision(m, was chat.Message) ([]types.TransactWriteItem, error) {
	item, err := entryOf(m)
	if err != nil {
		return nil, err
	}
	log := m.Log()
	return []types.TransactWriteItem{
		{Put: s.putAfter(m.Rev-1, table.With(revisionCounterKey(log), table.Item{attrRev: table.N(m.Rev)}))},
		{Put: s.putAfter(was.Rev, item)},
		s.table.PutInTransaction(table.With(revisionKey(log, m.Rev), table.Item{attrSeq: table.N(m.Seq)})),
	}, nil
}

func revisionKey(log string, rev int64) table.Item {
	return table.Key(revisionsPartition(log, rev/bucketSize), position(rev))
}

// isRevised reports whether a transaction that begins with a revision was refused because another
// one was faster.
func isRevised(err error) bool {
	for write := range revisionWrites {
		if _, refused := table.RefusedAt(err, write); refused {
			return true
		}
	}
	return false
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
func (s *Store) Revisions(ctx context.Context, log string, after int64, limit int) ([]int64, error) {
	var seqs []int64
	partition := func(bucket int64) string { return revisionsPartition(log, bucket) }
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
func (s *Store) Messages(ctx context.Context, log string, seqs []int64) ([]chat.Message, error) {
	positions := make([]chat.Position, len(seqs))
	for i, seq := range seqs {
		positions[i] = chat.Position{Log: log, Seq: seq}
	}
	entries, err := s.EntriesAt(ctx, positions)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	var found []chat.Message
	for _, e := range entries {
		if !e.Void {
			found = append(found, e.Message)
		}
	}
	return found, nil
}
