package realtimestore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

const (
	attrNamespace  = "nsp"
	attrConnection = "conn"
	attrRooms      = "rooms"
	attrData       = "data"
	attrExpires    = "until" // ms: when the socket must end
	attrEndedAt    = "ended" // ms
	attrTaken      = "taken" // another connection has begun to recover it
	attrSince      = "since" // the log's clock
	attrStopped    = "stopped"
	attrStoppedOn  = "on" // the connection
	attrResumed    = "resumed"
)

func sessionKey(pid string) table.Item { return table.Key("S#"+pid, "session") }

// sessionInUse puts the session of a socket that has not ended: a pointer to its connection, and
// where its client had stopped.
func sessionInUse(namespace, connectionID string, state store.SocketState, ttl types.AttributeValue) types.WriteRequest {
	item := table.With(sessionKey(state.PID), table.Item{
		attrNamespace:  table.S(namespace),
		attrConnection: table.S(connectionID),
		attrSince:      table.N(state.Since),
		schema.TTL:     ttl,
	})
	if r := state.Resumed; r != (store.Stop{}) {
		item[attrResumed] = &types.AttributeValueMemberM{Value: table.Item{
			attrOffset: table.S(r.Offset), attrStoppedOn: table.S(r.ConnectionID), attrSince: table.N(r.Since), attrStopped: table.N(r.Until),
		}}
	}
	return table.Put(item)
}

// StopSession implements store.Store.
func (s *Store) StopSession(ctx context.Context, pid, connectionID string, clock int64) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 sessionKey(pid),
		UpdateExpression:    aws.String("SET #stopped = :clock, #on = :conn"),
		ConditionExpression: aws.String("#conn = :conn AND attribute_not_exists(#stopped)"),
		ExpressionAttributeNames: map[string]string{
			"#conn": attrConnection, "#stopped": attrStopped, "#on": attrStoppedOn,
		},
		ExpressionAttributeValues: table.Item{":conn": table.S(connectionID), ":clock": table.N(clock)},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("stop session: %w", table.Classify(err))
	}
	return nil
}

// SaveSession implements store.Store.
func (s *Store) SaveSession(ctx context.Context, pid string, session store.Session, expires time.Time) error {
	set := "SET #sid = :sid, #ended = :ended, #ttl = :ttl"
	names := map[string]string{"#conn": attrConnection, "#sid": attrSocketID, "#ended": attrEndedAt, "#ttl": schema.TTL}
	values := table.Item{
		":conn": table.S(session.ConnectionID), ":sid": table.S(session.State.ID), ":ended": millis(session.State.EndedAt),
		":ttl": expiry(expires.Add(time.Second)), // because it is in whole seconds
	}
	add := func(name string, value types.AttributeValue) {
		set += ", #" + name + " = :" + name
		names["#"+name], values[":"+name] = name, value
	}
	if len(session.State.Rooms) > 0 {
		add(attrRooms, table.SS(session.State.Rooms))
	}
	if !session.State.Expires.IsZero() {
		add(attrExpires, millis(session.State.Expires))
	}
	if session.State.Data != nil {
		add(attrData, table.S(string(session.State.Data)))
	}
	// A session stays as it is if another connection has recovered it, or if an earlier ending
	// of this connection has saved it.
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       sessionKey(pid),
		UpdateExpression:          aws.String(set),
		ConditionExpression:       aws.String("#conn = :conn AND attribute_not_exists(#ended)"),
		ExpressionAttributeNames:  names,
		ExpressionAttributeValues: values,
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("save session: %w", table.Classify(err))
	}
	return nil
}

// Session implements store.Store.
func (s *Store) Session(ctx context.Context, pid string) (store.Session, error) {
	item, err := s.table.GetItem(ctx, sessionKey(pid))
	if err != nil {
		return store.Session{}, fmt.Errorf("load session: %w", err)
	}
	return s.decodeSession(item)
}

// TakeSession implements store.Store. The caller that took a session may take it again.
func (s *Store) TakeSession(ctx context.Context, pid, from, to string) error {
	_, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 sessionKey(pid),
		UpdateExpression:    aws.String("SET #conn = :to, #taken = :true"),
		ConditionExpression: aws.String("#conn IN (:from, :to) AND attribute_exists(#ended)"),
		ExpressionAttributeNames: map[string]string{
			"#conn": attrConnection, "#taken": attrTaken, "#ended": attrEndedAt,
		},
		ExpressionAttributeValues: table.Item{
			":from": table.S(from), ":to": table.S(to), ":true": &types.AttributeValueMemberBOOL{Value: true},
		},
	})
	if _, refused := table.Refused(err); refused {
		return store.ErrNoSession
	}
	if err != nil {
		return fmt.Errorf("take session: %w", table.Classify(err))
	}
	return nil
}

// ForgetSession implements store.Store.
func (s *Store) ForgetSession(ctx context.Context, pid, connectionID string) error {
	_, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       sessionKey(pid),
		ConditionExpression:       aws.String("#conn = :conn"),
		ExpressionAttributeNames:  map[string]string{"#conn": attrConnection},
		ExpressionAttributeValues: table.Item{":conn": table.S(connectionID)},
	})
	if _, refused := table.Refused(err); err != nil && !refused {
		return fmt.Errorf("forget session: %w", table.Classify(err))
	}
	return nil
}

// leftKey is the key of the record that a connection's client left a namespace on purpose.
func leftKey(connectionID, namespace string) table.Item {
	return table.Key("S#left#"+connectionID, namespace)
}

// PutLeft implements store.Store.
func (s *Store) PutLeft(ctx context.Context, connectionID, namespace string, expires time.Time) error {
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name),
		Item:      table.With(leftKey(connectionID, namespace), table.Item{schema.TTL: expiry(expires.Add(time.Second))}),
	})
	if err != nil {
		return fmt.Errorf("put left: %w", table.Classify(err))
	}
	return nil
}

// Left implements store.Store.
func (s *Store) Left(ctx context.Context, connectionID, namespace string) (bool, error) {
	item, err := s.table.GetItem(ctx, leftKey(connectionID, namespace))
	if err != nil {
		return false, fmt.Errorf("load left: %w", err)
	}
	return len(item) > 0 && !table.Expired(item, s.now()), nil
}

func (s *Store) decodeSession(item table.Item) (store.Session, error) {
	if len(item) == 0 || table.Expired(item, s.now()) {
		return store.Session{}, store.ErrNoSession
	}
	session := store.Session{
		Namespace:    table.String(item, attrNamespace),
		ConnectionID: table.String(item, attrConnection),
		State: store.SocketState{
			ID:      table.String(item, attrSocketID),
			Rooms:   table.Strings(item, attrRooms),
			Expires: timeOf(item, attrExpires),
			EndedAt: timeOf(item, attrEndedAt),
		},
		Taken: item[attrTaken] != nil,
	}
	session.Since, _ = table.Int(item, attrSince)
	if item[attrStopped] != nil {
		session.Stopped = decodeStop(item)
	}
	if resumed, ok := item[attrResumed].(*types.AttributeValueMemberM); ok {
		session.Resumed = decodeStop(resumed.Value)
	}
	if data := table.String(item, attrData); data != "" {
		session.State.Data = json.RawMessage(data)
	}
	return session, nil
}

func decodeStop(item table.Item) store.Stop {
	stop := store.Stop{Offset: table.String(item, attrOffset), ConnectionID: table.String(item, attrStoppedOn)}
	stop.Since, _ = table.Int(item, attrSince)
	stop.Until, _ = table.Int(item, attrStopped)
	return stop
}
