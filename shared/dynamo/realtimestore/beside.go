package realtimestore

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// The rooms of a socket are on its connection's record as long as they are few. Further ones
// are in an item beside it, and the record has a mark: docs/adr/0012.

const (
	// recordRoomName bounds the names of rooms on a record, in bytes.
	recordRoomName = 40
	// recordSockets is how many sockets of a connection may have rooms on the record.
	recordSockets = 2
)

// mark is the value of attributes that mark a socket.
var mark = &types.AttributeValueMemberBOOL{Value: true}

// fitRecord reports whether the names of rooms are few and short enough for a record.
func fitRecord(rooms []string) bool {
	return len(rooms) <= store.RecordRooms &&
		!slices.ContainsFunc(rooms, func(room string) bool { return len(room) > recordRoomName })
}

// splitRooms separates the rooms of a new socket that its connection's record has place for
// from the others. Large ones come first.
func splitRooms(c store.Connection, rooms, large []string) (onRecord, beside []string) {
	isLarge := func(room string) bool { return slices.Contains(large, room) }
	isOther := func(room string) bool { return !isLarge(room) }
	for _, room := range slices.Concat(slices.DeleteFunc(slices.Clone(rooms), isOther), slices.DeleteFunc(slices.Clone(rooms), isLarge)) {
		if len(c.Sockets) < recordSockets && len(room) <= recordRoomName && len(onRecord) < store.RecordRooms {
			onRecord = append(onRecord, room)
		} else {
			beside = append(beside, room)
		}
	}
	return onRecord, beside
}

// named says where Join has named rooms: on the record, or beside it too, and which of them it has
// named as sharded. ttl is when their memberships are deleted, until when the socket must end, or
// nil, and answer until when its reply may be on its way, or nil.
type named struct {
	beside             bool
	sharded            []string
	ttl, until, answer types.AttributeValue
}

// nameRooms names the rooms that a socket joins, so that its ending finds them. It names as sharded
// those that this process knows to be large, if the record has place for all.
func (s *Store) nameRooms(ctx context.Context, socket store.SocketRef, rooms []string, limit int) (named, error) {
	sharded := s.shardable(socket.Namespace, rooms, s.now())
	item, fits, err := s.nameOnRecord(ctx, socket, rooms, sharded, limit)
	where := named{ttl: item[schema.TTL], until: item[expiresPrefix+socket.Namespace], answer: item[answerPrefix+socket.Namespace]}
	if err != nil || fits {
		if where.sharded = sharded; err == nil && len(sharded) > 0 {
			// The rooms must be large for as long as the memberships live.
			where.sharded = s.shardable(socket.Namespace, sharded, ttlOf(item))
		}
		return where, err
	}
	if item[attrEnded] != nil || item[claimPrefix+socket.Namespace] != nil ||
		table.String(item, socketPrefix+socket.Namespace) != socket.SocketID {
		return named{}, store.ErrNoSocket
	}
	there := table.Strings(item, roomsPrefix+socket.Namespace)
	others := slices.DeleteFunc(slices.Clone(rooms), func(room string) bool { return slices.Contains(there, room) })
	if len(others) == 0 {
		return where, nil
	}
	limit -= len(there)
	if len(others) > limit {
		return named{}, store.ErrTooManyRooms
	}
	if item[morePrefix+socket.Namespace] == nil {
		if err := s.setOnSocket(ctx, socket, morePrefix, mark); err != nil {
			return named{}, err
		}
	}
	where.beside = true
	return where, s.nameBeside(ctx, socket, others, limit, where.ttl)
}

// nameOnRecord adds rooms to the record if it has place for them, some of them as sharded. It returns
// the record.
func (s *Store) nameOnRecord(ctx context.Context, socket store.SocketRef, rooms, sharded []string, limit int) (item table.Item, fits bool, err error) {
	free := min(limit, store.RecordRooms) - len(rooms)
	if free < 0 || !fitRecord(rooms) {
		items, err := s.table.Get(ctx, []table.Item{connectionKey(socket.ConnectionID)})
		if err != nil || len(items) == 0 {
			return nil, false, err
		}
		return items[0], false, nil
	}
	in := &dynamodb.UpdateItemInput{
		TableName:        aws.String(s.table.Name),
		Key:              connectionKey(socket.ConnectionID),
		UpdateExpression: aws.String("ADD #r :rooms"),
		ConditionExpression: aws.String("#s = :sid AND attribute_not_exists(#x) AND attribute_not_exists(#ended) AND " +
			"attribute_not_exists(#o) AND (attribute_not_exists(#r) OR size(#r) <= :free)"),
		ExpressionAttributeNames: map[string]string{
			"#r": roomsPrefix + socket.Namespace, "#s": socketPrefix + socket.Namespace,
			"#o": morePrefix + socket.Namespace,
			"#x": claimPrefix + socket.Namespace, "#ended": attrEnded,
		},
		ExpressionAttributeValues: table.Item{
			":rooms": table.SS(rooms), ":sid": table.S(socket.SocketID), ":free": table.N(int64(free)),
		},
		ReturnValues: types.ReturnValueAllNew,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if len(sharded) > 0 {
		in.UpdateExpression = aws.String("ADD #r :rooms, #m :sharded")
		in.ExpressionAttributeNames["#m"], in.ExpressionAttributeValues[":sharded"] = shardedPrefix+socket.Namespace, table.SS(sharded)
	}
	out, err := s.table.Client.UpdateItem(ctx, in)
	if item, refused := table.Refused(err); refused {
		return item, false, nil
	}
	if err != nil {
		return nil, false, table.Classify(err)
	}
	return out.Attributes, true, nil
}

// nameBeside adds rooms to the item beside the record, which may have limit rooms.
func (s *Store) nameBeside(ctx context.Context, socket store.SocketRef, rooms []string, limit int, ttl types.AttributeValue) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:        aws.String(s.table.Name),
		Key:              roomsKey(socket.ConnectionID, socket.Namespace),
		UpdateExpression: aws.String("SET #sid = :sid, #ttl = :ttl ADD #rooms :rooms"),
		ConditionExpression: aws.String("attribute_not_exists(#sid) OR " +
			"#sid = :sid AND (attribute_not_exists(#rooms) OR size(#rooms) <= :free)"),
		ExpressionAttributeNames: map[string]string{"#sid": attrSocketID, "#rooms": attrRooms, "#ttl": schema.TTL},
		ExpressionAttributeValues: table.Item{
			":sid": table.S(socket.SocketID), ":rooms": table.SS(rooms), ":ttl": ttl, ":free": table.N(int64(limit - len(rooms))),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	item, refused := table.Refused(err)
	named := table.Strings(item, attrRooms)
	switch {
	case !refused:
		return table.Classify(err)
	case table.String(item, attrSocketID) != socket.SocketID:
		// Of a predecessor in the namespace, or of its successor: Join tells when it confirms.
		return s.table.Write(ctx, []types.WriteRequest{table.Put(roomsItem(socket, rooms, ttl))})
	case slices.ContainsFunc(rooms, func(room string) bool { return !slices.Contains(named, room) }) &&
		len(unique(slices.Concat(named, rooms))) > limit:
		return store.ErrTooManyRooms
	}
	// It is in some of them already, so that they fit.
	there, err := s.changeBeside(ctx, socket, "ADD", rooms)
	if err == nil && !there {
		return store.ErrNoSocket
	}
	return err
}

// unnameBeside removes rooms from the item beside the record.
func (s *Store) unnameBeside(ctx context.Context, socket store.SocketRef, rooms []string) error {
	_, err := s.changeBeside(ctx, socket, "DELETE", rooms)
	return err
}

// changeBeside adds rooms to the item beside the record, or deletes them. It reports whether the
// item is there, and the socket's own.
func (s *Store) changeBeside(ctx context.Context, socket store.SocketRef, action string, rooms []string) (bool, error) {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       roomsKey(socket.ConnectionID, socket.Namespace),
		UpdateExpression:          aws.String(action + " #rooms :rooms"),
		ConditionExpression:       aws.String("#sid = :sid"),
		ExpressionAttributeNames:  map[string]string{"#sid": attrSocketID, "#rooms": attrRooms},
		ExpressionAttributeValues: table.Item{":sid": table.S(socket.SocketID), ":rooms": table.SS(rooms)},
	})
	if _, refused := table.Refused(err); refused {
		return false, nil
	}
	return err == nil, table.Classify(err)
}

// roomsItem is the item of rooms beside the record.
func roomsItem(socket store.SocketRef, rooms []string, ttl types.AttributeValue) table.Item {
	return table.With(roomsKey(socket.ConnectionID, socket.Namespace), table.Item{
		attrConnection: table.S(socket.ConnectionID),
		attrSocketID:   table.S(socket.SocketID),
		attrRooms:      table.SS(rooms),
		schema.TTL:     ttl,
	})
}

// OtherRooms implements store.Store.
func (s *Store) OtherRooms(ctx context.Context, sockets []store.SocketRef) (map[store.SocketRef][]string, error) {
	var keys []table.Item
	byKey := map[[2]string]store.SocketRef{}
	for _, socket := range sockets {
		key := roomsKey(socket.ConnectionID, socket.Namespace)
		if name := nameOfKey(key); byKey[name] == (store.SocketRef{}) {
			byKey[name] = socket
			keys = append(keys, key)
		}
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("load rooms: %w", err)
	}
	others := map[store.SocketRef][]string{}
	for _, item := range items {
		if socket := byKey[nameOfKey(item)]; table.String(item, attrSocketID) == socket.SocketID {
			others[socket] = table.Strings(item, attrRooms)
		}
	}
	return others, nil
}

func nameOfKey(item table.Item) [2]string {
	return [2]string{table.String(item, schema.PartitionKey), table.String(item, schema.SortKey)}
}

// socketState returns the state of a socket in a namespace, which may be another than the one
// named, with the rooms beside the record if they are asked for. It is zero if there is none.
func (s *Store) socketState(ctx context.Context, socket store.SocketRef, beside bool) (store.SocketState, error) {
	keys := []table.Item{connectionKey(socket.ConnectionID)}
	if beside {
		keys = append(keys, roomsKey(socket.ConnectionID, socket.Namespace))
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return store.SocketState{}, err
	}
	var state store.SocketState
	var others []string
	for _, item := range items {
		if nameOfKey(item) == nameOfKey(roomsKey(socket.ConnectionID, socket.Namespace)) {
			if table.String(item, attrSocketID) == socket.SocketID {
				others = table.Strings(item, attrRooms)
			}
			continue
		}
		c, err := decodeConnection(item)
		if err != nil {
			return store.SocketState{}, err
		}
		if c.EndedAt.IsZero() {
			state = c.Sockets[socket.Namespace]
		}
	}
	state.Rooms = slices.Concat(state.Rooms, others)
	return state, nil
}
