package realtimestore

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime"
)

// A claim is "<ms>#<token>", the time first and padded, so that claims compare as
// times do. The token tells a claim that was made but whose answer was lost, so
// that the SDK made it again, from somebody else's.

func newClaim(now time.Time) string { return claimAt(now) + "#" + rand.Text() }

func claimAt(t time.Time) string { return fmt.Sprintf("%013d", t.UnixMilli()) }

func claimedAt(claim string) time.Time {
	ms, _, ok := strings.Cut(claim, "#")
	if !ok {
		return time.Time{}
	}
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// ClaimConnection implements realtime.Store.
func (s *Store) ClaimConnection(ctx context.Context, id string, now time.Time) (realtime.Connection, error) {
	item, err := s.claim(ctx, id, attrEnded, "attribute_exists(#pk)", nil, now)
	if err != nil {
		return realtime.Connection{}, fmt.Errorf("claim connection: %w", err)
	}
	if item == nil {
		return realtime.Connection{}, realtime.ErrNoConnection
	}
	return decodeConnection(item)
}

// ClaimSocket implements realtime.Store.
func (s *Store) ClaimSocket(ctx context.Context, connectionID, namespace string, now time.Time) (realtime.Connection, error) {
	names := map[string]string{"#s": socketPrefix + namespace, "#ended": attrEnded}
	condition := "attribute_exists(#pk) AND attribute_exists(#s) AND attribute_not_exists(#ended)"
	item, err := s.claim(ctx, connectionID, claimPrefix+namespace, condition, names, now)
	if err != nil {
		return realtime.Connection{}, fmt.Errorf("claim socket: %w", err)
	}
	if item == nil || item[socketPrefix+namespace] == nil {
		return realtime.Connection{}, realtime.ErrNoSocket
	}
	return decodeConnection(item)
}

// claim sets the claim in an attribute unless a fresh one is there, and returns the
// item; nil when there is none. ErrClaimed when it is somebody else's.
func (s *Store) claim(ctx context.Context, id, attribute, condition string, names map[string]string, now time.Time) (table.Item, error) {
	if names == nil {
		names = map[string]string{}
	}
	names["#pk"], names["#claim"] = schema.PartitionKey, attribute
	claim := newClaim(now)
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.table.Name),
		Key:                      connectionKey(id),
		UpdateExpression:         aws.String("SET #claim = :claim"),
		ConditionExpression:      aws.String(condition + " AND (attribute_not_exists(#claim) OR #claim < :stale)"),
		ExpressionAttributeNames: names,
		ExpressionAttributeValues: table.Item{
			":claim": table.S(claim),
			":stale": table.S(claimAt(now.Add(-realtime.ClaimLease))),
		},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	item, refused := table.Refused(err)
	switch {
	case refused && len(item) == 0:
		return nil, nil
	case refused && table.String(item, attribute) == claim:
		return item, nil
	case refused && (attribute == attrEnded || item[names["#s"]] != nil):
		return nil, realtime.ErrClaimed
	case refused:
		return item, nil // the caller sees that the socket is missing
	case err != nil:
		return nil, table.Classify(err)
	}
	return out.Attributes, nil
}
