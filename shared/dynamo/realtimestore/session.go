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
)

func sessionKey(pid string) table.Item { return table.Key("S#"+pid, "session") }

// sessionInUse puts the session of a socket that has not ended: a pointer to its connection.
func sessionInUse(pid, namespace, connectionID string, ttl types.AttributeValue) types.WriteRequest {
	return table.Put(table.With(sessionKey(pid), table.Item{
		attrNamespace:  table.S(namespace),
		attrConnection: table.S(connectionID),
		schema.TTL:     ttl,
	}))
}

// SaveSession implements store.Store.
func (s *Store) SaveSession(ctx context.Context, pid string, session store.Session, expires time.Time) error {
	item := table.With(sessionKey(pid), table.Item{
		attrNamespace:  table.S(session.Namespace),
		attrConnection: table.S(session.ConnectionID),
		attrSocketID:   table.S(session.State.ID),
		attrEndedAt:    millis(session.State.EndedAt),
		schema.TTL:     expiry(expires.Add(time.Second)), // because it is in whole seconds
	})
	if len(session.State.Rooms) > 0 {
		item[attrRooms] = table.SS(session.State.Rooms)
	}
	if !session.State.Expires.IsZero() {
		item[attrExpires] = millis(session.State.Expires)
	}
	if session.State.Data != nil {
		item[attrData] = table.S(string(session.State.Data))
	}
	// A session stays as it is if another connection has recovered it, or if an earlier ending
	// of this connection has saved it.
	_, err := s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 aws.String(s.table.Name),
		Item:                      item,
		ConditionExpression:       aws.String("#conn = :conn AND attribute_not_exists(#ended)"),
		ExpressionAttributeNames:  map[string]string{"#conn": attrConnection, "#ended": attrEndedAt},
		ExpressionAttributeValues: table.Item{":conn": item[attrConnection]},
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
	if data := table.String(item, attrData); data != "" {
		session.State.Data = json.RawMessage(data)
	}
	return session, nil
}
