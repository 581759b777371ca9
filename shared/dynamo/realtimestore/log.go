package realtimestore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

const (
	attrFrames   = "frames"
	attrExcept   = "except"
	attrOffset   = "offset" // of a packet that a socket missed
	attrMissedAt = "missed"
	attrClock    = "clock"
	attrBefore   = "before" // the clock
	attrParts    = "parts"
	attrProcess  = "process"
	attrCalls    = "calls"  // when the clock was read and ticked
	attrPosted   = "posted" // connection ids, and when they were posted to
)

// clockLifetime is how long the log's clock outlives the last tick.
const clockLifetime = 24 * time.Hour

// Clock implements store.Store.
func (s *Store) Clock(ctx context.Context) (int64, error) {
	item, err := s.table.GetItem(ctx, clockKey())
	if err != nil {
		return 0, fmt.Errorf("clock: %w", err)
	}
	if clock, ok := table.Int(item, attrClock); ok {
		return clock, nil
	}
	return s.Tick(ctx)
}

// Tick implements store.Store. A clock that is not there starts at the time in microseconds,
// which is later than any clock that was there before.
func (s *Store) Tick(ctx context.Context) (int64, error) {
	now := s.now()
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      clockKey(),
		UpdateExpression:         aws.String("SET #clock = if_not_exists(#clock, :start) + :one, #ttl = :ttl"),
		ExpressionAttributeNames: map[string]string{"#clock": attrClock, "#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{
			":start": table.N(now.UnixMicro()), ":one": table.N(1), ":ttl": expiry(now.Add(clockLifetime)),
		},
		ReturnValues: types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return 0, fmt.Errorf("tick: %w", table.Classify(err))
	}
	clock, _ := table.Int(out.Attributes, attrClock)
	return clock, nil
}

// AppendPacket implements store.Store.
func (s *Store) AppendPacket(ctx context.Context, namespace string, rooms []string, p store.LoggedPacket, expires time.Time) error {
	frames := make([]types.AttributeValue, len(p.Frames))
	for i, frame := range p.Frames {
		frames[i] = &types.AttributeValueMemberB{Value: frame}
	}
	item := table.Item{
		attrFrames: &types.AttributeValueMemberL{Value: frames},
		schema.TTL: expiry(expires),
	}
	if p.MissedAt != 0 {
		item[attrMissedAt], item[attrOffset] = table.N(p.MissedAt), table.S(p.Offset)
	}
	if except := unique(p.Except); len(except) > 0 {
		item[attrExcept] = table.SS(except)
	}
	if err := s.putInLogs(ctx, namespace, rooms, p.Key(), item); err != nil {
		return fmt.Errorf("append packet: %w", err)
	}
	return nil
}

// NoteReached implements store.Store. The item stands behind the packet's in the partition, so
// that a query finds both and a note does not write the packet again.
func (s *Store) NoteReached(ctx context.Context, namespace string, rooms []string, offset string, r store.Reached, expires time.Time) error {
	item := table.Item{
		attrParts: table.N(int64(r.Parts)), attrBefore: table.N(r.Since), attrClock: table.N(r.Clock), attrProcess: table.S(r.Process),
		attrCalls:  table.S(encodeInterval(r.Read, 0) + " " + encodeInterval(r.Ticked, r.Read.Began)),
		schema.TTL: expiry(expires),
	}
	var posted []string
	for id, post := range r.Posted {
		posted = append(posted, id+" "+encodeInterval(post, r.Read.Began))
	}
	if len(posted) > 0 {
		item[attrPosted] = table.SS(posted)
	}
	if err := s.putInLogs(ctx, namespace, rooms, fmt.Sprintf("%s#%06d", offset, r.Part), item); err != nil {
		return fmt.Errorf("note reached: %w", err)
	}
	return nil
}

// putInLogs puts an item into the logs of rooms.
func (s *Store) putInLogs(ctx context.Context, namespace string, rooms []string, key string, item table.Item) error {
	var writes []types.WriteRequest
	for _, room := range rooms {
		writes = append(writes, table.Put(table.With(table.Key(logPartition(namespace, room), key), item)))
	}
	return s.table.Write(ctx, writes)
}

// Packets implements store.Store.
func (s *Store) Packets(ctx context.Context, namespace, room, after string, limit int) ([]store.LoggedPacket, error) {
	in := table.PartitionQuery(logPartition(namespace, room))
	in.Limit = aws.Int32(int32(2 * limit)) // a packet and its note
	if after != "" {                       // which DynamoDB refuses as a key
		in.KeyConditionExpression = aws.String("#pk = :pk AND #sk > :after")
		in.ExpressionAttributeNames["#sk"] = schema.SortKey
		in.ExpressionAttributeValues[":after"] = table.S(after)
	}
	in.ConsistentRead = aws.Bool(true)
	var packets []store.LoggedPacket
	for page, err := range s.table.Query(ctx, in) {
		if err != nil {
			return nil, fmt.Errorf("packets: %w", err)
		}
		for _, item := range page {
			key, part, isNote := strings.Cut(table.String(item, schema.SortKey), "#")
			switch last := len(packets) - 1; {
			case !isNote:
				packets = append(packets, decodePacket(item))
			case last >= 0 && packets[last].Key() == key:
				packets[last].Reached = append(packets[last].Reached, decodeReached(part, item))
			}
		}
		if len(packets) > limit {
			break
		}
	}
	return packets[:min(len(packets), limit)], nil
}

func decodePacket(item table.Item) store.LoggedPacket {
	p := store.LoggedPacket{Offset: table.String(item, schema.SortKey), Except: table.Strings(item, attrExcept)}
	if at, missed := table.Int(item, attrMissedAt); missed {
		p.MissedAt, p.Offset = at, table.String(item, attrOffset)
	}
	if frames, ok := item[attrFrames].(*types.AttributeValueMemberL); ok {
		for _, frame := range frames.Value {
			if b, ok := frame.(*types.AttributeValueMemberB); ok {
				p.Frames = append(p.Frames, b.Value)
			}
		}
	}
	return p
}

func decodeReached(part string, item table.Item) store.Reached {
	r := store.Reached{Process: table.String(item, attrProcess)}
	calls := strings.Fields(table.String(item, attrCalls))
	if len(calls) == 4 { // not of a version before
		r.Read = decodeInterval(calls[:2], 0)
		r.Ticked = decodeInterval(calls[2:], r.Read.Began)
	}
	r.Part, _ = strconv.Atoi(part)
	parts, _ := table.Int(item, attrParts)
	r.Parts = int(parts)
	r.Since, _ = table.Int(item, attrBefore)
	r.Clock, _ = table.Int(item, attrClock)
	for _, posted := range table.Strings(item, attrPosted) {
		fields := strings.Fields(posted)
		if r.Posted == nil {
			r.Posted = map[string]store.Interval{}
		}
		r.Posted[fields[0]] = decodeInterval(fields[1:], r.Read.Began)
	}
	return r
}

// encodeInterval encodes when an interval began after another time, and how long it took: small
// numbers, because there is one of them for each receiver.
func encodeInterval(i store.Interval, after int64) string {
	return strconv.FormatInt(i.Began-after, 10) + " " + strconv.FormatInt(i.Ended-i.Began, 10)
}

// decodeInterval returns zero for what encodeInterval has not encoded.
func decodeInterval(fields []string, after int64) (i store.Interval) {
	if len(fields) != 2 {
		return i
	}
	began, _ := strconv.ParseInt(fields[0], 10, 64)
	took, _ := strconv.ParseInt(fields[1], 10, 64)
	return store.Interval{Began: after + began, Ended: after + began + took}
}
