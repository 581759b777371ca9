package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime"
)

// AddSocket implements realtime.Store: one UpdateItem for the record and one batch
// for the memberships.
func (s *Store) AddSocket(ctx context.Context, c realtime.Connection, namespace string, state realtime.SocketState) error {
	set := "SET #s = :s"
	names := map[string]string{"#pk": schema.PartitionKey, "#ended": attrEnded, "#s": socketPrefix + namespace}
	values := table.Item{":s": table.S(state.ID)}
	if len(state.Rooms) > 0 {
		set += ", #r = :r"
		names["#r"], values[":r"] = roomsPrefix+namespace, table.SS(state.Rooms)
	}
	if state.Data != nil {
		set += ", #d = :d"
		names["#d"], values[":d"] = dataPrefix+namespace, table.S(string(state.Data))
	}
	if state.PID != "" {
		set += ", #p = :p"
		names["#p"], values[":p"] = sessionPrefix+namespace, table.S(state.PID)
	}
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       connectionKey(c.ID),
		UpdateExpression:          aws.String(set),
		ConditionExpression:       aws.String("attribute_exists(#pk) AND attribute_not_exists(#ended) AND attribute_not_exists(#s)"),
		ExpressionAttributeNames:  names,
		ExpressionAttributeValues: values,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	item, refused := table.Refused(err)
	switch {
	case refused && (len(item) == 0 || item[attrEnded] != nil):
		return realtime.ErrNoConnection
	case refused && table.String(item, socketPrefix+namespace) != state.ID:
		return realtime.ErrSocketExists
	case err != nil && !refused:
		return fmt.Errorf("add socket: %w", table.Classify(err))
	}
	var writes []types.WriteRequest
	for _, key := range membershipKeys(c.ID, namespace, state) {
		writes = append(writes, membership(key, state.ID, expiry(c.Expires)))
	}
	if state.PID != "" {
		writes = append(writes, living(state.PID, namespace, c.ID, expiry(c.Expires)))
	}
	if err := s.table.Write(ctx, writes); err != nil {
		return fmt.Errorf("add socket: %w", err)
	}
	return nil
}

// SetData implements realtime.Store.
func (s *Store) SetData(ctx context.Context, connectionID, namespace string, data json.RawMessage) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(connectionID),
		UpdateExpression:    aws.String("SET #d = :d"),
		ConditionExpression: aws.String("attribute_exists(#s)"),
		ExpressionAttributeNames: map[string]string{
			"#s": socketPrefix + namespace, "#d": dataPrefix + namespace,
		},
		ExpressionAttributeValues: table.Item{":d": table.S(string(data))},
	})
	if _, refused := table.Refused(err); refused {
		return realtime.ErrNoSocket
	}
	if err != nil {
		return fmt.Errorf("set data: %w", table.Classify(err))
	}
	return nil
}

// RemoveSocket implements realtime.Store.
func (s *Store) RemoveSocket(ctx context.Context, connectionID, namespace string) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 connectionKey(connectionID),
		UpdateExpression:    aws.String("REMOVE #s, #r, #d, #p, #x"),
		ConditionExpression: aws.String("attribute_exists(#pk)"),
		ExpressionAttributeNames: map[string]string{
			"#pk": schema.PartitionKey,
			"#s":  socketPrefix + namespace, "#r": roomsPrefix + namespace,
			"#d": dataPrefix + namespace, "#p": sessionPrefix + namespace, "#x": claimPrefix + namespace,
		},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("remove socket: %w", table.Classify(err))
	}
	return nil
}

// membershipKeys are the keys of all memberships that a socket has: in Everyone, in
// the room of its own id, and in its rooms.
func membershipKeys(connectionID, namespace string, state realtime.SocketState) []table.Item {
	rooms := append([]string{realtime.Everyone, state.ID}, state.Rooms...)
	slices.Sort(rooms)
	var keys []table.Item
	for _, room := range slices.Compact(rooms) {
		keys = append(keys, memberKey(namespace, room, connectionID))
	}
	return keys
}
