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
// socket is the first and one the last.
const (
	socketPrefix = "c:"
	attrVersion  = "v"
	attrLastSeen = "seen" // ms
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
	version, _ := table.Int(item, attrVersion)
	return chat.Transition{Others: countLive(item, socketID, now), Version: version}
}

// countLive counts the live sockets except one.
func countLive(item table.Item, except string, now time.Time) int {
	n := 0
	for name := range item {
		id, ok := strings.CutPrefix(name, socketPrefix)
		if !ok || id == except {
			continue
		}
		if expires, _ := table.Int(item, name); expires > now.Unix() {
			n++
		}
	}
	return n
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
		p := chat.Presence{Name: table.String(item, attrName), Online: countLive(item, "", now) > 0}
		p.Version, _ = table.Int(item, attrVersion)
		if at, ok := table.Int(item, attrLastSeen); ok && !p.Online {
			p.LastSeen = chat.At(time.UnixMilli(at))
		}
		all[strings.TrimPrefix(table.String(item, schema.PartitionKey), "P#")] = p
	}
	return all, nil
}
