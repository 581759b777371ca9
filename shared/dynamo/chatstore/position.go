package chatstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// The counter of a room hands out positions. It also remembers who got which one lately,
// in sixteen slots: a hash of sender and tempId chooses the slot. A retry that comes soon
// finds itself in its slot, with the position that it has already. A holder that had a position before has
// lost its slot since, to the one whose position the slot had before. So its own was not after the one before that.
const (
	attrNext     = "next" // the last position handed out
	attrTakenAt  = "at"   // ms
	holderPrefix = "h"    // who a slot's position is for
	seqPrefix    = "s"    // the slot's position
	beforePrefix = "b"    // the position that the slot had before
	boundPrefix  = "e"    // the one before that
	slots        = 16
)

// Take implements chat.Store with one UpdateItem. It takes the next position, unless the
// slot remembers one for this tempID: that is returned, except if it is taken.
func (s *Store) Take(ctx context.Context, roomID, senderID, tempID string, now time.Time, taken int64) (chat.Taken, error) {
	sum := sha256.Sum256([]byte(senderID + "\x00" + tempID))
	holder := hex.EncodeToString(sum[:8])
	slot := int(sum[8]) % slots
	in := dynamodb.UpdateItemInput{
		TableName: aws.String(s.table.Name),
		Key:       counterKey(roomID),
		UpdateExpression: aws.String(
			"SET #next = if_not_exists(#next, :zero) + :one, #at = :now, #holder = :holder, " +
				"#seq = if_not_exists(#next, :zero) + :one, #before = if_not_exists(#seq, :zero), #bound = if_not_exists(#before, :zero)"),
		ConditionExpression: aws.String("attribute_not_exists(#holder) OR #holder <> :holder OR #seq = :taken"),
		ExpressionAttributeNames: map[string]string{
			"#next": attrNext, "#at": attrTakenAt,
			"#holder": fmt.Sprint(holderPrefix, slot), "#seq": fmt.Sprint(seqPrefix, slot),
			"#before": fmt.Sprint(beforePrefix, slot), "#bound": fmt.Sprint(boundPrefix, slot),
		},
		ExpressionAttributeValues: table.Item{
			":zero": table.N(0), ":one": table.N(1), ":now": table.N(now.UnixMilli()),
			":holder": table.S(holder), ":taken": table.N(taken),
		},
		ReturnValues: types.ReturnValueAllNew,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	out, err := s.table.Client.UpdateItem(ctx, &in)
	item, refused := table.Refused(err)
	if !refused {
		if err != nil {
			return chat.Taken{}, fmt.Errorf("take a position: %w", table.Classify(err))
		}
		item = out.Attributes
	}
	seq, ok := table.Int(item, fmt.Sprint(seqPrefix, slot))
	if !ok {
		return chat.Taken{}, fmt.Errorf("take a position: the counter of %s has no position", roomID)
	}
	earlier, ok := table.Int(item, fmt.Sprint(boundPrefix, slot))
	if !ok {
		earlier = seq - 1 // an earlier version has taken it
	}
	return chat.Taken{Seq: seq, Earlier: earlier, Left: leftOf(item)}, nil
}

// Head implements chat.Store: one BatchGetItem.
func (s *Store) Head(ctx context.Context, log string) (chat.Head, error) {
	heads, err := s.Heads(ctx, []string{log})
	return heads[log], err
}

// Heads implements chat.Store: one BatchGetItem for fifty.
func (s *Store) Heads(ctx context.Context, logs []string) (map[string]chat.Head, error) {
	var keys []table.Item
	for _, log := range logs {
		keys = append(keys, counterKey(log), revisionCounterKey(log))
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	heads := map[string]chat.Head{}
	for _, item := range items {
		_, log, _ := strings.Cut(table.String(item, schema.PartitionKey), "#")
		h := heads[log]
		if rev, ok := table.Int(item, attrRev); ok {
			h.Rev = rev
		}
		if seq, ok := table.Int(item, attrNext); ok {
			h.Seq = seq
		}
		if at, ok := table.Int(item, attrTakenAt); ok {
			h.At = time.UnixMilli(at)
		}
		heads[log] = h
	}
	return heads, nil
}
