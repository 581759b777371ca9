package chatstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// A reply has its words on the item of the revision that counts it: revisions are in one order for the
// whole room, which its threads are not.
const (
	attrReply     = "reply"   // the position of the reply that a revision counts
	attrCountedAt = "counted" // of a reply, that revision
)

// countReply puts the words of a reply on the revision of its first message, which is the last of these writes.
func countReply(revision []types.TransactWriteItem, reply chat.Message) {
	item := revision[revisionWrites-1].Put.Item
	item[attrReply] = table.N(reply.Seq)
	if words := chat.Words(reply.Text); words != "" {
		item[attrWords] = table.S(words)
	}
}

// rewriteWords is the write of a transaction by which a reply is found by what it says from now on.
func (s *Store) rewriteWords(reply chat.Message) types.TransactWriteItem {
	update := &types.Update{
		TableName: aws.String(s.table.Name), Key: revisionKey(reply.RoomID, reply.CountedAt),
		UpdateExpression:         aws.String("REMOVE #words"),
		ExpressionAttributeNames: map[string]string{"#words": attrWords},
	}
	if words := chat.Words(reply.Text); words != "" {
		update.UpdateExpression = aws.String("SET #words = :words")
		update.ExpressionAttributeValues = table.Item{":words": table.S(words)}
	}
	return types.TransactWriteItem{Update: update}
}

// Search implements chat.Store: one Query for each partition that the range touches. DynamoDB
// reads all items there and returns the positions of those that match.
func (s *Store) Search(ctx context.Context, roomID string, first, last int64, terms []string) (seqs []int64, units float64, err error) {
	partition := func(bucket int64) string { return bucketPartition(roomID, bucket) }
	units, err = s.searchEach(ctx, partition, first, last, terms, func(seq int64, _ table.Item) { seqs = append(seqs, seq) })
	return seqs, units, err
}

// SearchReplies implements chat.Store: one Query for each partition that the range touches.
func (s *Store) SearchReplies(ctx context.Context, roomID string, first, last int64, terms []string) (found []chat.Hit, units float64, err error) {
	partition := func(bucket int64) string { return revisionsPartition(roomID, bucket) }
	units, err = s.searchEach(ctx, partition, first, last, terms, func(rev int64, item table.Item) {
		threadOf, _ := table.Int(item, attrSeq)
		seq, _ := table.Int(item, attrReply)
		found = append(found, chat.Hit{Place: rev, Position: chat.Position{Log: chat.LogID(roomID, &threadOf), Seq: seq}})
	})
	return found, units, err
}

// searchEach calls f for each position whose item has all terms among its words.
func (s *Store) searchEach(ctx context.Context, partition func(bucket int64) string, first, last int64, terms []string, f func(int64, table.Item)) (units float64, err error) {
	for bucket := first / bucketSize; bucket <= last/bucketSize; bucket++ {
		in := between(partition(bucket), position(first), position(last))
		in.ConsistentRead = nil
		in.TableName = aws.String(s.table.Name)
		in.ProjectionExpression = aws.String("#sk, #seq, #reply")
		in.ExpressionAttributeNames["#seq"], in.ExpressionAttributeNames["#reply"] = attrSeq, attrReply
		in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		in.ExpressionAttributeNames["#words"] = attrWords
		var filter []string
		for i, term := range terms {
			name := fmt.Sprint(":t", i)
			in.ExpressionAttributeValues[name] = table.S(term)
			filter = append(filter, "contains(#words, "+name+")")
		}
		in.FilterExpression = aws.String(strings.Join(filter, " AND "))
		for {
			out, err := s.table.Client.Query(ctx, &in)
			if err != nil {
				return 0, fmt.Errorf("search: %w", table.Classify(err))
			}
			if out.ConsumedCapacity != nil {
				units += aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
			}
			for _, item := range out.Items {
				at, err := strconv.ParseInt(table.String(item, schema.SortKey), 10, 64)
				if err != nil {
					return 0, fmt.Errorf("search: %w", err)
				}
				f(at, item)
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
				break
			}
		}
	}
	return units, nil
}
