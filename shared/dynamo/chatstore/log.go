package chatstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

const (
	attrSeq  = "seq"
	attrVoid = "void" // ms
	// attrWords has a message's text in the form in which DynamoDB can search it.
	attrWords = "words"
	// attrFingerprint is of the content that an idempotency record was made for, or a message without one was
	// sent with.
	attrFingerprint = "hash"
	// onceLifetime is how long a repetition is recognized.
	onceLifetime = 30 * 24 * time.Hour
)

// Put implements chat.Store: one transaction with the message, the sender's membership, where it moves their
// mark, the idempotency record, if it needs one, and the lists of those whom it mentions. If the mark is further already, because another
// device of theirs has read what was sent meanwhile, there is a second one, which leaves it there.
func (s *Store) Put(ctx context.Context, m chat.Message) (chat.Message, bool, error) {
	stored, fresh, err := s.put(ctx, m, s.moveMark(m.RoomID, m.Sender.ID, m.Seq))
	if errors.Is(err, errMarkIsFurther) {
		return s.put(ctx, m, s.checkMember(m.RoomID, m.Sender.ID))
	}
	return stored, fresh, err
}

// errMarkIsFurther is the answer to a message whose sender's mark would move back.
var errMarkIsFurther = errors.New("the mark is further already")

// put stores a message, if the write of the sender's membership has its condition.
func (s *Store) put(ctx context.Context, m chat.Message, membership types.TransactWriteItem) (chat.Message, bool, error) {
	item, err := entryOf(m)
	if err != nil {
		return chat.Message{}, false, fmt.Errorf("put message: %w", err)
	}
	const message, member, once = 0, 1, 2
	writes := []types.TransactWriteItem{message: s.table.PutNew(item), member: membership}
	if m.Original == "" {
		writes = append(writes, s.putOnce(m))
	}
	err = s.table.Transact(ctx, append(writes, s.putMentions(m)...))
	if err == nil {
		m.Mentioned = nil
		return m, true, nil
	}
	existing, refused := table.RefusedAt(err, member)
	further := refused && len(existing) > 0
	if refused && !further {
		return chat.Message{}, false, chat.ErrNotMember
	}
	if record, refused := table.RefusedAt(err, once); refused && m.Original == "" {
		stored, err := s.earlier(ctx, m, record)
		return stored, false, err
	}
	if item, refused := table.RefusedAt(err, message); refused {
		there, err := decodeEntry(item)
		if err != nil {
			return chat.Message{}, false, fmt.Errorf("put message: %w", err)
		}
		stored, err := m.SentAs(there)
		return stored, false, err
	}
	if further {
		return chat.Message{}, false, errMarkIsFurther
	}
	return chat.Message{}, false, fmt.Errorf("put message: %w", err)
}

// WasSent implements chat.Store: one GetItem.
func (s *Store) WasSent(ctx context.Context, m chat.Message) (bool, error) {
	once, err := s.table.GetItem(ctx, onceKey(m.RoomID, m.Sender.ID, m.TempID))
	switch {
	case err != nil:
		return false, fmt.Errorf("was sent: %w", err)
	case once != nil && conflicts(once, m.Fingerprint()):
		return false, chat.ErrConflict
	default:
		return once != nil, nil
	}
}

// putOnce is the write of a transaction that makes a message's idempotency record. Its tempID is used
// once in the room and its threads.
func (s *Store) putOnce(m chat.Message) types.TransactWriteItem {
	return s.table.PutNew(table.With(onceKey(m.RoomID, m.Sender.ID, m.TempID), table.Item{
		attrSeq:         table.N(m.Seq),
		attrFingerprint: table.S(m.Fingerprint()),
		schema.TTL:      table.N(m.SentAt.Add(onceLifetime).Unix()),
	}))
}

// conflicts reports whether an idempotency record was made for another content.
func conflicts(once table.Item, fingerprint string) bool {
	return table.String(once, attrFingerprint) != fingerprint
}

// earlier returns the message that an idempotency record names. ErrConflict if it was made for another
// content than m has.
func (s *Store) earlier(ctx context.Context, m chat.Message, once table.Item) (chat.Message, error) {
	if conflicts(once, m.Fingerprint()) {
		return chat.Message{}, chat.ErrConflict
	}
	seq, ok := table.Int(once, attrSeq)
	if !ok {
		return chat.Message{}, errors.New("the idempotency record has no position")
	}
	item, err := s.table.GetItem(ctx, entryKey(m.Log(), seq))
	if err != nil {
		return chat.Message{}, fmt.Errorf("earlier message: %w", err)
	}
	stored, err := decodeEntry(item)
	return stored.Message, err
}

// Entries implements chat.Store: one Query for each partition that the range touches.
func (s *Store) Entries(ctx context.Context, log string, first, last int64) ([]chat.Entry, error) {
	var entries []chat.Entry
	err := s.eachPosition(ctx, first, last, func(bucket int64) string { return bucketPartition(log, bucket) }, func(item table.Item) error {
		e, err := decodeEntry(item)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	return entries, nil
}

// EntriesAt implements chat.Store: one BatchGetItem for a hundred.
func (s *Store) EntriesAt(ctx context.Context, positions []chat.Position) (map[chat.Position]chat.Entry, error) {
	keys := make([]table.Item, len(positions))
	for i, p := range positions {
		keys[i] = entryKey(p.Log, p.Seq)
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("entries at positions: %w", err)
	}
	found := make(map[chat.Position]chat.Entry, len(items))
	for _, item := range items {
		e, err := decodeEntry(item)
		if err != nil {
			return nil, fmt.Errorf("entries at positions: %w", err)
		}
		_, bucket, _ := strings.Cut(table.String(item, schema.PartitionKey), "#")
		log, _, _ := strings.Cut(bucket, "#")
		found[chat.Position{Log: log, Seq: e.Seq}] = e
	}
	return found, nil
}

// eachPosition calls f with the items at the positions from first to last of a log, in order.
// The log's partitions have bucketSize positions each.
func (s *Store) eachPosition(ctx context.Context, first, last int64, partition func(bucket int64) string, f func(table.Item) error) error {
	last = min(last, lastPosition)
	for bucket := first / bucketSize; bucket <= last/bucketSize; bucket++ {
		in := between(partition(bucket), position(first), position(last))
		for page, err := range s.table.Query(ctx, in) {
			if err != nil {
				return err
			}
			for _, item := range page {
				if err := f(item); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkMember is a condition of a transaction: that a user is a member of a room.
func (s *Store) checkMember(roomID, userID string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: aws.String(s.table.Name), Key: memberKey(roomID, userID),
		ConditionExpression:      aws.String("attribute_exists(#pk)"),
		ExpressionAttributeNames: map[string]string{"#pk": schema.PartitionKey},
	}}
}

// Void implements chat.Store.
func (s *Store) Void(ctx context.Context, log string, seq int64, now time.Time) (chat.Entry, error) {
	tombstone := table.With(entryKey(log, seq), table.Item{attrVoid: table.N(now.UnixMilli())})
	existing, put, err := s.table.PutItemNew(ctx, tombstone)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("void: %w", err)
	}
	if !put {
		return decodeEntry(existing)
	}
	return chat.Entry{Seq: seq, Void: true}, nil
}

// entryOf returns the item of a message.
func entryOf(m chat.Message) (table.Item, error) {
	encoded, err := encode(m)
	if err != nil {
		return nil, err
	}
	item := table.With(entryKey(m.Log(), m.Seq), table.Item{attrJSON: table.S(encoded)})
	if words := chat.Words(m.Text); words != "" && m.ThreadOf == 0 {
		item[attrWords] = table.S(words)
	}
	if m.Rev > 0 {
		item[attrRev] = table.N(m.Rev)
	}
	if m.CountedAt > 0 {
		item[attrCountedAt] = table.N(m.CountedAt)
	}
	if m.Original != "" {
		item[attrFingerprint] = table.S(m.Original)
	}
	return item, nil
}

func decodeEntry(item table.Item) (chat.Entry, error) {
	seq, err := strconv.ParseInt(table.String(item, schema.SortKey), 10, 64)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("decode entry: %w", err)
	}
	e := chat.Entry{Seq: seq}
	if _, e.Void = table.Int(item, attrVoid); e.Void {
		return e, nil
	}
	err = decode(item, &e.Message)
	e.Message.CountedAt, _ = table.Int(item, attrCountedAt)
	e.Message.Original = table.String(item, attrFingerprint)
	return e, err
}
