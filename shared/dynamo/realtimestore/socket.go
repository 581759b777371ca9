package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// AddSocket implements store.Store with one UpdateItem for the record and one batch for the
// memberships.
func (s *Store) AddSocket(ctx context.Context, c store.Connection, namespace string, state store.SocketState) error {
	sharded := s.shardable(namespace, append([]string{store.Everyone}, state.Rooms...), c.Expires)
	onRecord, beside := splitRooms(c, state.Rooms, sharded)
	// Only what is on the record can be in a shard.
	state.Sharded = slices.DeleteFunc(sharded, func(room string) bool { return slices.Contains(beside, room) })
	if err := s.putSocket(ctx, c, namespace, state, onRecord, len(beside) > 0); err != nil {
		return err
	}
	if len(beside) > 0 {
		// Before the memberships: docs/adr/0003.
		socket := store.SocketRef{ConnectionID: c.ID, Namespace: namespace, SocketID: state.ID}
		if err := s.table.Write(ctx, []types.WriteRequest{table.Put(roomsItem(socket, beside, expiry(c.Expires)))}); err != nil {
			return fmt.Errorf("add socket: %w", err)
		}
	}
	var until, answer types.AttributeValue
	if !state.Expires.IsZero() {
		until = millis(state.Expires)
	}
	if !state.Answering.IsZero() {
		answer = millis(state.Answering)
	}
	var writes []types.WriteRequest
	rooms := allRooms(state)
	for _, room := range rooms {
		key := memberKey(namespace, room, c.ID)
		if slices.Contains(state.Sharded, room) {
			key = shardKey(namespace, room, c.ID)
		}
		writes = append(writes, table.Put(membership(key, state.ID, expiry(c.Expires), until, answer)))
	}
	if state.PID != "" {
		writes = append(writes, sessionInUse(namespace, c.ID, state, expiry(c.Expires)))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("add socket: %w", err)
	}
	own := func(room string) bool { return room == state.ID }
	s.lookAtRooms(ctx, store.SocketRef{ConnectionID: c.ID, Namespace: namespace, SocketID: state.ID}, slices.DeleteFunc(rooms, own))
	return nil
}

// putSocket puts a socket on its connection's record, with the rooms that fit there.
func (s *Store) putSocket(ctx context.Context, c store.Connection, namespace string, state store.SocketState, rooms []string, hasMore bool) error {
	update := socketUpdate(namespace, state, rooms, hasMore)
	update.TableName = aws.String(s.table.Name)
	update.Key = connectionKey(c.ID)
	_, err := s.table.Client.UpdateItem(ctx, update)
	item, refused := table.Refused(err)
	switch {
	case refused && (len(item) == 0 || item[attrEnded] != nil):
		return store.ErrNoConnection
	case refused && table.String(item, socketPrefix+namespace) != state.ID:
		return store.ErrSocketExists
	case err != nil && !refused:
		return fmt.Errorf("add socket: %w", table.Classify(err))
	}
	return nil
}

// socketUpdate is the update of a connection's record that adds a socket.
func socketUpdate(namespace string, state store.SocketState, rooms []string, hasMore bool) *dynamodb.UpdateItemInput {
	set := "SET #s = :s"
	names := map[string]string{"#pk": schema.PartitionKey, "#ended": attrEnded, "#s": socketPrefix + namespace}
	values := table.Item{":s": table.S(state.ID)}
	add := func(letter, prefix string, value types.AttributeValue) {
		set += ", #" + letter + " = :" + letter
		names["#"+letter], values[":"+letter] = prefix+namespace, value
	}
	if len(rooms) > 0 {
		add("r", roomsPrefix, table.SS(rooms))
	}
	if named := slices.DeleteFunc(slices.Clone(state.Sharded), isEveryone); len(named) > 0 {
		add("m", shardedPrefix, table.SS(named))
	}
	if slices.ContainsFunc(state.Sharded, isEveryone) {
		add("e", everyonePrefix, mark)
	}
	if hasMore {
		add("o", morePrefix, mark)
	}
	if state.Data != nil {
		add("d", dataPrefix, table.S(string(state.Data)))
	}
	if state.PID != "" {
		add("p", sessionPrefix, table.S(state.PID))
	}
	if !state.Expires.IsZero() {
		add("t", expiresPrefix, millis(state.Expires))
	}
	if !state.Answering.IsZero() {
		add("a", answerPrefix, millis(state.Answering))
	}
	return &dynamodb.UpdateItemInput{
		UpdateExpression:          aws.String(set),
		ConditionExpression:       aws.String("attribute_exists(#pk) AND attribute_not_exists(#ended) AND attribute_not_exists(#s)"),
		ExpressionAttributeNames:  names,
		ExpressionAttributeValues: values,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// Answered implements store.Store.
func (s *Store) Answered(ctx context.Context, socket store.SocketRef) error {
	return s.setOnSocket(ctx, socket, answerPrefix, nil)
}

// SetData implements store.Store.
func (s *Store) SetData(ctx context.Context, socket store.SocketRef, data json.RawMessage) error {
	return s.setOnSocket(ctx, socket, dataPrefix, table.S(string(data)))
}

// SetExpiry implements store.Store.
func (s *Store) SetExpiry(ctx context.Context, socket store.SocketRef, at time.Time) error {
	if at.IsZero() {
		at = time.UnixMilli(0) // which is read as the zero time
	}
	if err := s.setOnSocket(ctx, socket, expiresPrefix, millis(at)); err != nil {
		return err
	}
	if at.UnixMilli() != 0 && !at.After(s.table.Now()) {
		return nil // the socket ends now, and its memberships with it
	}
	if err := s.setUntil(ctx, socket, at); err != nil {
		return fmt.Errorf("set expiry: %w", err)
	}
	return nil
}

// setOnSocket sets an attribute of a socket, or removes it if the value is nil, on condition that
// it is still this socket and not its successor in the namespace.
func (s *Store) setOnSocket(ctx context.Context, socket store.SocketRef, prefix string, value types.AttributeValue) error {
	update, values := "REMOVE #a", table.Item{":sid": table.S(socket.SocketID)}
	if value != nil {
		update, values[":a"] = "SET #a = :a", value
	}
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(socket.ConnectionID),
		UpdateExpression:    aws.String(update),
		ConditionExpression: aws.String("#s = :sid"),
		ExpressionAttributeNames: map[string]string{
			"#s": socketPrefix + socket.Namespace, "#a": prefix + socket.Namespace,
		},
		ExpressionAttributeValues: values,
	})
	if _, refused := table.Refused(err); refused {
		return store.ErrNoSocket
	}
	if err != nil {
		return fmt.Errorf("set on socket: %w", table.Classify(err))
	}
	return nil
}

// RemoveSocket implements store.Store.
func (s *Store) RemoveSocket(ctx context.Context, connectionID, namespace string, at time.Time) (bool, error) {
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(connectionID),
		UpdateExpression:    aws.String("SET #left = :at REMOVE #s, #r, #m, #e, #o, #d, #p, #t, #a, #x"),
		ConditionExpression: aws.String("attribute_exists(#pk)"),
		ExpressionAttributeNames: map[string]string{
			"#pk": schema.PartitionKey, "#left": attrLeft,
			"#s": socketPrefix + namespace, "#r": roomsPrefix + namespace,
			"#m": shardedPrefix + namespace, "#e": everyonePrefix + namespace, "#o": morePrefix + namespace,
			"#d": dataPrefix + namespace, "#p": sessionPrefix + namespace, "#t": expiresPrefix + namespace, "#a": answerPrefix + namespace, "#x": claimPrefix + namespace,
		},
		ExpressionAttributeValues: table.Item{":at": millis(at)},
		ReturnValues:              types.ReturnValueAllNew,
	})
	if _, refused := table.Refused(err); refused {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remove socket: %w", table.Classify(err))
	}
	c, err := decodeConnection(out.Attributes)
	return err == nil && !c.EndedAt.IsZero() && len(c.Sockets) == 0, err
}

// allRooms returns the rooms of a socket, each once: Everyone, the room of its own id, and those that it
// has joined.
func allRooms(state store.SocketState) []string {
	return unique(append([]string{store.Everyone, state.ID}, state.Rooms...))
}

func isEveryone(room string) bool { return room == store.Everyone }

// membershipKeys returns the keys of all memberships that a socket may have. In a large room that is
// one in the base and one in a shard: it joined the room perhaps before and after it was large.
func (s *Store) membershipKeys(connectionID, namespace string, state store.SocketState) []table.Item {
	known := s.shardable(namespace, append([]string{store.Everyone}, state.Rooms...), s.now())
	var keys []table.Item
	for _, room := range allRooms(state) {
		sharded := slices.Contains(state.Sharded, room)
		if !sharded || !isEveryone(room) { // which is joined once
			keys = append(keys, memberKey(namespace, room, connectionID))
		}
		if sharded || slices.Contains(known, room) {
			keys = append(keys, shardKey(namespace, room, connectionID))
		}
	}
	return keys
}
