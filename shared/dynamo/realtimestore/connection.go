package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Attributes of a connection. An attribute of a socket is a prefix and the namespace's name:
// flat attributes can be changed one by one, without a read.
const (
	attrEngineID    = "eid"
	attrHandshake   = "h"
	attrConnectedAt = "at"   // ms
	attrSeenAt      = "seen" // ms
	attrOrdinal     = "n"
	attrPacket      = "last"  // ms: when the last packet without attachments was received
	attrHeaders     = "bin"   // headers of incomplete binary packets
	attrLeft        = "left"  // ms: when a socket last ended
	attrEnded       = "ended" // a claim
	attrCaused      = "u"
	attrLimit       = "lu" // ms: until when the connection is limited
	attrLimitCaused = "lc" // attrCaused when it was limited
	windowPrefix    = "w"
	socketPrefix    = "s:"
	roomsPrefix     = "r:"
	shardedPrefix   = "m:" // those of the rooms in whose shards the socket is
	everyonePrefix  = "e:" // it is in a shard of Everyone
	morePrefix      = "o:" // other rooms are in roomsKey
	dataPrefix      = "d:"
	sessionPrefix   = "p:"
	expiresPrefix   = "t:" // ms
	answerPrefix    = "a:" // ms: until when the reply to a CONNECT may be on its way
	claimPrefix     = "x:"
)

// PutConnection implements store.Store.
func (s *Store) PutConnection(ctx context.Context, c store.Connection) error {
	if err := s.noteOpening(ctx, c.ID, c.ConnectedAt); err != nil {
		return fmt.Errorf("note connection: %w", err)
	}
	small, err := s.putHandshake(ctx, c)
	if err != nil {
		return fmt.Errorf("put connection: %w", err)
	}
	_, err = s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item: table.With(connectionKey(c.ID), table.Item{
			attrEngineID:    table.S(c.EngineID),
			attrHandshake:   table.S(small),
			attrConnectedAt: millis(c.ConnectedAt),
			attrSeenAt:      millis(c.SeenAt),
			schema.TTL:      expiry(c.Expires),
		}),
	})
	if err != nil {
		return fmt.Errorf("put connection: %w", table.Classify(err))
	}
	return nil
}

// rateWindows is the number of attributes that count the messages of rate windows, in turn.
// Every message removes all of them but that of the current window.
const rateWindows = 7

// Touch implements store.Store with one UpdateItem, and a second one only for the first
// message after a pause of exactly rateWindows windows.
func (s *Store) Touch(ctx context.Context, id string, t store.Touch) (store.Connection, error) {
	index := t.Now.UnixNano() / int64(t.Window)
	current := windowName(index)
	others := make([]string, 0, rateWindows-1)
	for i := index + 1; i < index+rateWindows; i++ {
		others = append(others, windowName(i))
	}
	in := dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(id),
		ConditionExpression: aws.String("attribute_exists(#pk) AND attribute_not_exists(#ended)"),
		ExpressionAttributeNames: map[string]string{
			"#pk": schema.PartitionKey, "#seen": attrSeenAt, "#n": attrOrdinal, "#ended": attrEnded,
		},
		ExpressionAttributeValues: table.Item{":now": millis(t.Now), ":one": table.N(1)},
		ReturnValues:              types.ReturnValueAllOld,
	}
	set := "SET #seen = :now"
	if !t.Packet.IsZero() {
		set += ", #packet = :packet"
		in.ExpressionAttributeNames["#packet"] = attrPacket
		in.ExpressionAttributeValues[":packet"] = millis(t.Packet)
	}
	add := " ADD #n :one, " + current + " :one"
	if t.Price != 0 {
		add += ", #caused :price"
		in.ExpressionAttributeNames["#caused"] = attrCaused
		in.ExpressionAttributeValues[":price"] = table.N(t.Price)
	}
	in.UpdateExpression = aws.String(set + add + " REMOVE " + strings.Join(others, ", "))
	out, err := s.table.Client.UpdateItem(ctx, &in)
	if _, refused := table.Refused(err); refused {
		return store.Connection{}, store.ErrNoConnection
	}
	if err != nil {
		return store.Connection{}, fmt.Errorf("touch connection: %w", table.Classify(err))
	}
	if table.Expired(out.Attributes, t.Now) {
		return store.Connection{}, store.ErrNoConnection
	}
	c, err := decodeConnection(out.Attributes)
	if err != nil {
		return store.Connection{}, err
	}
	c.Binary = countIncomplete(out.Attributes, t.Now)
	c.Recent = 1
	if before, ok := table.Int(out.Attributes, current); ok {
		if c.SeenAt.UnixNano()/int64(t.Window) == index {
			c.Recent += int(before)
		} else if err := s.restartWindow(ctx, id, current); err != nil {
			return store.Connection{}, err
		}
	}
	c.SeenAt = t.Now
	c.Caused += t.Price
	return c, nil
}

func windowName(index int64) string { return fmt.Sprintf("%s%d", windowPrefix, index%rateWindows) }

// restartWindow sets a window's count to one. The attribute still had an old window's count.
func (s *Store) restartWindow(ctx context.Context, id, name string) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       connectionKey(id),
		UpdateExpression:          aws.String("SET " + name + " = :one"),
		ConditionExpression:       aws.String("attribute_exists(#pk)"),
		ExpressionAttributeNames:  map[string]string{"#pk": schema.PartitionKey},
		ExpressionAttributeValues: table.Item{":one": table.N(1)},
	})
	if _, refused := table.Refused(err); refused {
		return store.ErrNoConnection
	}
	if err != nil {
		return fmt.Errorf("restart rate window: %w", table.Classify(err))
	}
	return nil
}

// LimitConnection implements store.Store.
func (s *Store) LimitConnection(ctx context.Context, id string, l store.Limit) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      connectionKey(id),
		UpdateExpression:         aws.String("SET #until = :until, #caused = :caused"),
		ConditionExpression:      aws.String("attribute_exists(#pk)"),
		ExpressionAttributeNames: map[string]string{"#pk": schema.PartitionKey, "#until": attrLimit, "#caused": attrLimitCaused},
		ExpressionAttributeValues: table.Item{
			":until": millis(l.Until), ":caused": table.N(l.Caused),
		},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("limit connection: %w", table.Classify(err))
	}
	return nil
}

// Connections implements store.Store.
func (s *Store) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	var keys []table.Item
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			keys = append(keys, connectionKey(id))
		}
	}
	connections, err := s.records(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("load connections: %w", err)
	}
	return slices.DeleteFunc(connections, func(c store.Connection) bool { return !c.EndedAt.IsZero() }), nil
}

// records returns the connections that have a record, also those that are ending.
func (s *Store) records(ctx context.Context, keys []table.Item) ([]store.Connection, error) {
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, err
	}
	var connections []store.Connection
	for _, item := range items {
		c, err := decodeConnection(item)
		if err != nil {
			return nil, err
		}
		c.Binary = countIncomplete(item, s.now())
		connections = append(connections, c)
	}
	return connections, nil
}

// RemoveConnection implements store.Store.
func (s *Store) RemoveConnection(ctx context.Context, id string) error {
	out, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:    aws.String(s.table.Name),
		Key:          connectionKey(id),
		ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		return fmt.Errorf("remove connection: %w", table.Classify(err))
	}
	beside := []types.WriteRequest{table.Delete(noteKey(id))}
	if c, err := decodeConnection(out.Attributes); err == nil && c.LargeHandshake { // not if it was removed before
		beside = append(beside, table.Delete(handshakeKey(id)))
	}
	// If this fails, the sweep deletes the note, and the handshake expires.
	_ = s.table.Write(ctx, beside)
	return nil
}

func decodeConnection(item table.Item) (store.Connection, error) {
	c := store.Connection{
		ID:          table.String(item, schema.SortKey),
		EngineID:    table.String(item, attrEngineID),
		ConnectedAt: timeOf(item, attrConnectedAt),
		SeenAt:      timeOf(item, attrSeenAt),
		LeftAt:      timeOf(item, attrLeft),
		EndedAt:     timeOfClaim(table.String(item, attrEnded)),
		Reason:      reasonOf(table.String(item, attrEnded)),
		Sockets:     map[string]store.SocketState{},
	}
	if ttl, ok := table.Int(item, schema.TTL); ok {
		c.Expires = time.Unix(ttl, 0)
	}
	c.Ordinal, _ = table.Int(item, attrOrdinal)
	c.Caused, _ = table.Int(item, attrCaused)
	c.Limited.Until = timeOf(item, attrLimit)
	c.Limited.Caused, _ = table.Int(item, attrLimitCaused)
	var shake handshake
	if err := json.Unmarshal([]byte(table.String(item, attrHandshake)), &shake); err != nil {
		return c, fmt.Errorf("decode connection: %w", err)
	}
	c.Handshake, c.LargeHandshake = shake.decode(), shake.Elsewhere
	for name := range item {
		namespace, ok := strings.CutPrefix(name, socketPrefix)
		if !ok {
			continue
		}
		state := store.SocketState{
			ID:        table.String(item, name),
			Rooms:     table.Strings(item, roomsPrefix+namespace),
			Sharded:   table.Strings(item, shardedPrefix+namespace),
			MoreRooms: item[morePrefix+namespace] != nil,
			PID:       table.String(item, sessionPrefix+namespace),
			Expires:   timeOf(item, expiresPrefix+namespace),
			Answering: timeOf(item, answerPrefix+namespace),
			EndedAt:   timeOfClaim(table.String(item, claimPrefix+namespace)),
			Reason:    reasonOf(table.String(item, claimPrefix+namespace)),
		}
		if item[everyonePrefix+namespace] != nil {
			state.Sharded = append(state.Sharded, store.Everyone)
		}
		if data := table.String(item, dataPrefix+namespace); data != "" {
			state.Data = json.RawMessage(data)
		}
		c.Sockets[namespace] = state
	}
	return c, nil
}

func millis(t time.Time) types.AttributeValue { return table.N(t.UnixMilli()) }

func expiry(t time.Time) types.AttributeValue { return table.N(t.Unix()) }

func timeOf(item table.Item, name string) time.Time {
	ms, ok := table.Int(item, name)
	if !ok || ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
