package realtimestore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

const attrSocketID = "sid"

// membership puts a socket into a room. It is deleted when its connection expires. Until is
// when the socket must end, in ms, or nil.
func membership(key table.Item, socketID string, ttl, until types.AttributeValue) types.WriteRequest {
	item := table.With(key, table.Item{attrSocketID: table.S(socketID), schema.TTL: ttl})
	if until != nil {
		item[attrUntil] = until
	}
	return table.Put(item)
}

// attrUntil is when the socket of a membership must end, in ms.
const attrUntil = "t"

// setUntil changes when a socket must end in its memberships, on condition that they are still
// its own.
func (s *Store) setUntil(ctx context.Context, socket store.SocketRef, at time.Time) error {
	state, err := s.socketState(ctx, socket, true)
	if err != nil || state.ID != socket.SocketID {
		return err
	}
	keys := membershipKeys(socket.ConnectionID, socket.Namespace, state)
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
	var writes []types.WriteRequest
	for _, room := range rooms {
		writes = append(writes, membership(memberKey(socket.Namespace, room, socket.ConnectionID), socket.SocketID, named.ttl, named.until))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	return s.confirmJoin(ctx, socket, rooms, named.beside)
}

// confirmJoin deletes memberships that were added while the socket left the rooms, or ended.
func (s *Store) confirmJoin(ctx context.Context, socket store.SocketRef, rooms []string, beside bool) error {
	state, err := s.socketState(ctx, socket, beside)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	ended := state.ID != socket.SocketID || !state.EndedAt.IsZero()
	left := slices.DeleteFunc(rooms, func(room string) bool { return !ended && slices.Contains(state.Rooms, room) })
	if err := s.deleteMemberships(ctx, socket, left); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	if ended {
		return store.ErrNoSocket
	}
	return nil
}

// Leave implements store.Store.
func (s *Store) Leave(ctx context.Context, socket store.SocketRef, rooms []string) error {
	rooms = unique(rooms)
	if len(rooms) == 0 {
		return nil
	}
	if err := s.deleteMemberships(ctx, socket, rooms); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(socket.ConnectionID),
		UpdateExpression:    aws.String("DELETE #r :rooms"),
		ConditionExpression: aws.String("#s = :sid"),
		ExpressionAttributeNames: map[string]string{
			"#r": roomsPrefix + socket.Namespace, "#s": socketPrefix + socket.Namespace,
		},
		ExpressionAttributeValues: table.Item{":rooms": table.SS(rooms), ":sid": table.S(socket.SocketID)},
		ReturnValues:              types.ReturnValueAllOld,
	})
	if _, refused := table.Refused(err); refused {
		return nil
	}
	if err == nil && out.Attributes[morePrefix+socket.Namespace] != nil {
		err = s.unnameBeside(ctx, socket, rooms)
	}
	if err != nil {
		return fmt.Errorf("leave: %w", table.Classify(err))
	}
	return nil
}

// deleteMemberships deletes a socket's memberships one by one, on condition that they are its
// own: those of its successor on the same connection have the same keys.
func (s *Store) deleteMemberships(ctx context.Context, socket store.SocketRef, rooms []string) error {
	return wait.ForEach(ctx, atOnce, rooms, func(ctx context.Context, room string) error {
		_, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName:                 aws.String(s.table.Name),
			Key:                       memberKey(socket.Namespace, room, socket.ConnectionID),
			ConditionExpression:       aws.String("#sid = :sid"),
			ExpressionAttributeNames:  map[string]string{"#sid": attrSocketID},
			ExpressionAttributeValues: table.Item{":sid": table.S(socket.SocketID)},
		})
		if _, refused := table.Refused(err); err != nil && !refused {
			return fmt.Errorf("delete membership: %w", table.Classify(err))
		}
		return nil
	})
}

// atOnce bounds the parallel calls of one operation.
const atOnce = 25

// Members implements store.Store with one Query, or one for each shard of Everyone.
func (s *Store) Members(ctx context.Context, namespace, room string) ([]store.Member, error) {
	partitions := memberPartitions(namespace, room)
	var mu sync.Mutex
	pages := map[string][]table.Item{} // by partition
	err := wait.ForEach(ctx, atOnce, partitions, func(ctx context.Context, partition string) error {
		items, err := s.table.Partition(ctx, partition)
		mu.Lock()
		defer mu.Unlock()
		pages[partition] = items
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	var members []store.Member
	for _, partition := range partitions {
		for _, item := range pages[partition] {
			members = append(members, store.Member{
				ConnectionID: table.String(item, schema.SortKey),
				SocketID:     table.String(item, attrSocketID),
				Room:         room,
				Expires:      timeOf(item, attrUntil),
			})
		}
	}
	return members, nil
}

// Vacate implements store.Store.
func (s *Store) Vacate(ctx context.Context, connectionID string, sockets map[string]store.SocketState) error {
	var writes []types.WriteRequest
	for namespace, state := range sockets {
		for _, key := range membershipKeys(connectionID, namespace, state) {
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
