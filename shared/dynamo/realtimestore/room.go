package realtimestore

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// Attributes of a membership.
const (
	attrSocketID = "sid"
	attrUntil    = "t" // ms: when the socket must end
	attrAnswer   = "a" // ms: until when the reply to its CONNECT may be on its way
	// attrJoin tells the memberships of several joins apart. Those of AddSocket have none.
	attrJoin = "j"
)

// joinRandom is the length of attrJoin. Only joins and leaves at the same time must differ, and
// everybody who reads members pays for it.
const joinRandom = 4

// membership puts a socket into a room. It is deleted when its connection expires. Until is
// when the socket must end, and answer until when its reply may be on its way, in ms, or nil.
func membership(key table.Item, socketID string, ttl, until, answer types.AttributeValue) table.Item {
	item := table.With(key, table.Item{attrSocketID: table.S(socketID), schema.TTL: ttl})
	if until != nil {
		item[attrUntil] = until
	}
	if answer != nil {
		item[attrAnswer] = answer
	}
	return item
}

// setUntil changes when a socket must end in its memberships, on condition that they are still
// its own.
func (s *Store) setUntil(ctx context.Context, socket store.SocketRef, at time.Time) error {
	state, err := s.socketState(ctx, socket, true)
	if err != nil || state.ID != socket.SocketID {
		return err
	}
	keys := s.membershipKeys(socket.ConnectionID, socket.Namespace, state)
	return wait.ForEach(ctx, atOnce, keys, func(ctx context.Context, key table.Item) error {
		_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName:                 aws.String(s.table.Name),
			Key:                       key,
			UpdateExpression:          aws.String("SET #t = :t"),
			ConditionExpression:       aws.String("#sid = :sid"),
			ExpressionAttributeNames:  map[string]string{"#sid": attrSocketID, "#t": attrUntil},
			ExpressionAttributeValues: table.Item{":sid": table.S(socket.SocketID), ":t": millis(at)},
		})
		if _, refused := table.Refused(err); err != nil && !refused {
			return table.Classify(err)
		}
		return nil
	})
}

// Join implements store.Store.
func (s *Store) Join(ctx context.Context, socket store.SocketRef, rooms []string, limit int) error {
	rooms = unique(rooms)
	if len(rooms) == 0 {
		return nil
	}
	named, err := s.nameRooms(ctx, socket, rooms, limit)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	join := rand.Text()[:joinRandom]
	joined := map[place]string{}
	var writes []types.WriteRequest
	for _, room := range rooms {
		at := place{room, slices.Contains(named.sharded, room)}
		joined[at] = join
		item := membership(at.key(socket), socket.SocketID, named.ttl, named.until, named.answer)
		item[attrJoin] = table.S(join)
		writes = append(writes, table.Put(item))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	ended, err := s.deleteUnnamed(ctx, socket, joined, named.beside)
	switch {
	case err != nil:
		return fmt.Errorf("join: %w", err)
	case ended:
		return store.ErrNoSocket
	}
	s.lookAtRooms(ctx, socket, rooms)
	return nil
}

// place is where the membership of a socket in a room is: in the base, or in its shard.
type place struct {
	room    string
	sharded bool
}

func (p place) key(socket store.SocketRef) table.Item {
	if p.sharded {
		return shardKey(socket.Namespace, p.room, socket.ConnectionID)
	}
	return memberKey(socket.Namespace, p.room, socket.ConnectionID)
}

// deleteUnnamed deletes those memberships of a socket that are in places that its record does not
// name, because the socket left the rooms or ended in the meantime. memberships has the join of
// each. The membership of a later join stays: that join looks itself. ended reports
// whether the socket has ended.
func (s *Store) deleteUnnamed(ctx context.Context, socket store.SocketRef, memberships map[place]string, beside bool) (ended bool, err error) {
	state, err := s.socketState(ctx, socket, beside)
	if err == nil && state.MoreRooms && !beside {
		state, err = s.socketState(ctx, socket, true)
	}
	if err != nil {
		return false, err
	}
	ended = state.ID != socket.SocketID || !state.EndedAt.IsZero()
	var unnamed []place
	for at := range memberships {
		if ended || !slices.Contains(state.Rooms, at.room) || at.sharded && !slices.Contains(state.Sharded, at.room) {
			unnamed = append(unnamed, at)
		}
	}
	return ended, wait.ForEach(ctx, atOnce, unnamed, func(ctx context.Context, at place) error {
		return s.deleteMembership(ctx, socket, at, memberships[at])
	})
}

// Leave implements store.Store.
func (s *Store) Leave(ctx context.Context, socket store.SocketRef, rooms []string) error {
	rooms = unique(rooms)
	if len(rooms) == 0 {
		return nil
	}
	// What the record does not name has no membership: docs/adr/0003.
	rooms, sharded, err := s.namedOf(ctx, socket, rooms)
	if err == nil {
		err = wait.ForEach(ctx, atOnce, placesOf(rooms, sharded), func(ctx context.Context, at place) error {
			return s.deleteMembership(ctx, socket, at, anyJoin)
		})
	}
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	if len(rooms) == 0 {
		return nil
	}
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(socket.ConnectionID),
		UpdateExpression:    aws.String("DELETE #r :rooms, #m :rooms"),
		ConditionExpression: aws.String("#s = :sid"),
		ExpressionAttributeNames: map[string]string{
			"#r": roomsPrefix + socket.Namespace, "#m": shardedPrefix + socket.Namespace, "#s": socketPrefix + socket.Namespace,
		},
		ExpressionAttributeValues: table.Item{":rooms": table.SS(rooms), ":sid": table.S(socket.SocketID)},
		ReturnValues:              types.ReturnValueAllOld,
	})
	if _, refused := table.Refused(err); refused {
		return nil
	}
	beside := err == nil && out.Attributes[morePrefix+socket.Namespace] != nil
	if beside {
		err = s.unnameBeside(ctx, socket, rooms)
	}
	if err == nil {
		err = s.confirmLeave(ctx, socket, rooms, table.Strings(out.Attributes, shardedPrefix+socket.Namespace), beside)
	}
	if err != nil {
		return fmt.Errorf("leave: %w", table.Classify(err))
	}
	return nil
}

// namedOf returns those of some rooms that a socket's record names, or what is beside it, and the rooms that it
// names as sharded. It does so for a socket that is ending too.
func (s *Store) namedOf(ctx context.Context, socket store.SocketRef, rooms []string) (named, sharded []string, err error) {
	items, err := s.table.Get(ctx, []table.Item{connectionKey(socket.ConnectionID)})
	if err != nil || len(items) == 0 || table.String(items[0], socketPrefix+socket.Namespace) != socket.SocketID {
		return nil, nil, err
	}
	all := table.Strings(items[0], roomsPrefix+socket.Namespace)
	if items[0][morePrefix+socket.Namespace] != nil {
		others, err := s.OtherRooms(ctx, []store.SocketRef{socket})
		if err != nil {
			return nil, nil, err
		}
		all = append(all, others[socket]...)
	}
	isOther := func(room string) bool { return !slices.Contains(all, room) }
	return slices.DeleteFunc(rooms, isOther), table.Strings(items[0], shardedPrefix+socket.Namespace), nil
}

// placesOf returns where the memberships in rooms may be, of which some are sharded.
func placesOf(rooms, sharded []string) (places []place) {
	for _, room := range rooms {
		places = append(places, place{room, false})
		if slices.Contains(sharded, room) {
			places = append(places, place{room, true})
		}
	}
	return places
}

// confirmLeave deletes memberships that a join added between the two writes of a leave. sharded are the
// rooms that the record named as sharded then.
func (s *Store) confirmLeave(ctx context.Context, socket store.SocketRef, rooms, sharded []string, beside bool) error {
	var keys []table.Item
	placeOf := map[[2]string]place{}
	for _, at := range placesOf(rooms, sharded) {
		key := at.key(socket)
		placeOf[nameOfKey(key)] = at
		keys = append(keys, key)
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return err
	}
	added := map[place]string{}
	for _, item := range items {
		if table.String(item, attrSocketID) == socket.SocketID {
			added[placeOf[nameOfKey(item)]] = table.String(item, attrJoin)
		}
	}
	if len(added) == 0 {
		return nil
	}
	// Only now is the record read: what it does not name then, no join has named before.
	_, err = s.deleteUnnamed(ctx, socket, added, beside)
	return err
}

// anyJoin stands for the membership of any join.
const anyJoin = "*"

// deleteMembership deletes a socket's membership of a join, on condition that it is its own: that
// of its successor on the same connection has the same key.
func (s *Store) deleteMembership(ctx context.Context, socket store.SocketRef, at place, join string) error {
	in := &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       at.key(socket),
		ConditionExpression:       aws.String("#sid = :sid"),
		ExpressionAttributeNames:  map[string]string{"#sid": attrSocketID},
		ExpressionAttributeValues: table.Item{":sid": table.S(socket.SocketID)},
	}
	switch join {
	case anyJoin:
	case "":
		in.ConditionExpression = aws.String("#sid = :sid AND attribute_not_exists(#j)")
		in.ExpressionAttributeNames["#j"] = attrJoin
	default:
		in.ConditionExpression = aws.String("#sid = :sid AND #j = :j")
		in.ExpressionAttributeNames["#j"], in.ExpressionAttributeValues[":j"] = attrJoin, table.S(join)
	}
	_, err := s.table.Client.DeleteItem(ctx, in)
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("delete membership: %w", table.Classify(err))
	}
	return nil
}

// atOnce bounds the parallel calls of one operation.
const atOnce = 25

// Members implements store.Store with one Query, and one for each shard of a large room.
func (s *Store) Members(ctx context.Context, namespace, room string) ([]store.Member, error) {
	items, err := s.members(ctx, namespace, room)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	var members []store.Member
	for _, item := range items {
		members = append(members, store.Member{
			ConnectionID: table.String(item, schema.SortKey),
			SocketID:     table.String(item, attrSocketID),
			Room:         room,
			Sharded:      isSharded(item),
			Expires:      timeOf(item, attrUntil),
			Answering:    timeOf(item, attrAnswer),
		})
	}
	return members, nil
}

// Vacate implements store.Store.
func (s *Store) Vacate(ctx context.Context, connectionID string, sockets map[string]store.SocketState) error {
	var writes []types.WriteRequest
	for namespace, state := range sockets {
		for _, key := range s.membershipKeys(connectionID, namespace, state) {
			writes = append(writes, table.Delete(key))
		}
		if state.MoreRooms || !fitRecord(state.Rooms) {
			writes = append(writes, table.Delete(roomsKey(connectionID, namespace)))
		}
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("vacate: %w", err)
	}
	return nil
}

func unique(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
