package chatstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// A user's presence is one item with an attribute for each socket: when it expires. Each
// transition changes one attribute and reads the others in the same call, so exactly one
// socket is the first and one the last. Another attribute is there while others believe that
// the user is online.
const (
	socketPrefix = "c:"
	attrVersion  = "v"
	attrLastSeen = "seen" // ms
	attrTold     = "told"
	// presenceLifetime is how long presence is kept after the last socket.
	presenceLifetime = 90 * 24 * time.Hour
)

// Online implements chat.Store.
func (s *Store) Online(ctx context.Context, u chat.User, socketID string, now, expires time.Time) (chat.Transition, error) {
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:        aws.String(s.table.Name),
		Key:              presenceKey(u.ID),
		UpdateExpression: aws.String("SET #c = :expires, #name = :name, #ttl = :ttl ADD #v :one"),
		ExpressionAttributeNames: map[string]string{
			"#c": socketPrefix + socketID, "#name": attrName, "#ttl": schema.TTL, "#v": attrVersion,
		},
		ExpressionAttributeValues: table.Item{
			":expires": table.N(expires.Unix()), ":name": table.S(u.Name),
			":ttl": table.N(expires.Add(presenceLifetime).Unix()), ":one": table.N(1),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil {
		return chat.Transition{}, fmt.Errorf("online: %w", table.Classify(err))
	}
	return transition(out.Attributes, socketID, now), nil
}

// Offline implements chat.Store.
func (s *Store) Offline(ctx context.Context, userID, socketID string, now time.Time) (chat.Transition, error) {
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(s.table.Name),
		Key:                 presenceKey(userID),
		UpdateExpression:    aws.String("SET #seen = :now REMOVE #c ADD #v :one"),
		ConditionExpression: aws.String("attribute_exists(#c)"),
		ExpressionAttributeNames: map[string]string{
			"#c": socketPrefix + socketID, "#seen": attrLastSeen, "#v": attrVersion,
		},
		ExpressionAttributeValues: table.Item{":now": table.N(now.UnixMilli()), ":one": table.N(1)},
		ReturnValues:              types.ReturnValueAllNew,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if item, refused := table.Refused(err); refused {
		// Done by an earlier attempt, which may have died before it told anyone.
		if len(item) == 0 {
			return chat.Transition{}, nil
		}
		return transition(item, socketID, now), nil
	}
	if err != nil {
		return chat.Transition{}, fmt.Errorf("offline: %w", table.Classify(err))
	}
	return transition(out.Attributes, socketID, now), nil
}

// transition returns what the coming or going of a socket means, from the item after it.
func transition(item table.Item, socketID string, now time.Time) chat.Transition {
	var t chat.Transition
	t.Version, _ = table.Int(item, attrVersion)
	if seen, ok := table.Int(item, attrLastSeen); ok {
		t.LastSeen = chat.At(time.UnixMilli(seen))
	}
	expired := 0
	for name := range item {
		id, ok := strings.CutPrefix(name, socketPrefix)
		if !ok || id == socketID {
			continue
		}
		if expires, _ := table.Int(item, name); expires > now.Unix() {
			t.Others++
		} else {
			expired++
		}
	}
	t.Told = item[attrTold] != nil && (t.Others > 0 || expired == 0)
	return t
}

// SetTold implements chat.Store.
func (s *Store) SetTold(ctx context.Context, userID string, version int64, online bool) (bool, error) {
	in := &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       presenceKey(userID),
		UpdateExpression:          aws.String("REMOVE #told"),
		ConditionExpression:       aws.String("#v = :v"),
		ExpressionAttributeNames:  map[string]string{"#told": attrTold, "#v": attrVersion},
		ExpressionAttributeValues: table.Item{":v": table.N(version)},
	}
	if online {
		in.UpdateExpression = aws.String("SET #told = :told")
		in.ExpressionAttributeValues[":told"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	_, err := s.table.Client.UpdateItem(ctx, in)
	if _, refused := table.Refused(err); refused {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("set told: %w", table.Classify(err))
	}
	return true, nil
}

// Presences implements chat.Store.
func (s *Store) Presences(ctx context.Context, userIDs []string, now time.Time) (map[string]chat.Presence, error) {
	var keys []table.Item
	seen := map[string]bool{}
	for _, id := range userIDs {
		if !seen[id] {
			seen[id] = true
			keys = append(keys, presenceKey(id))
		}
	}
	items, err := s.table.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("presences: %w", err)
	}
	all := make(map[string]chat.Presence, len(items))
	for _, item := range items {
		id := strings.TrimPrefix(table.String(item, schema.PartitionKey), "P#")
		var sockets []string
		for name := range item {
			if socket, ok := strings.CutPrefix(name, socketPrefix); ok {
				sockets = append(sockets, socket)
			}
		}
		all[id] = chat.PresenceOf(table.String(item, attrName), transition(item, "", now), sockets)
	}
	return all, nil
}
