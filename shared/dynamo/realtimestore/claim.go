package realtimestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// A claim is "<ms>#<token>", and for an ending "<ms>#<token>#<reason>": the time first and
// padded, so that claims compare as times do. The token tells a claim that was made but
// whose answer was lost, so that the SDK made it again, from somebody else's.

func newClaim(now time.Time) string { return claimAt(now) + "#" + rand.Text() }

func claimAt(t time.Time) string { return fmt.Sprintf("%013d", t.UnixMilli()) }

// claimedFor returns the reason in the claim of an ending.
func claimedFor(claim string) store.Reason {
	_, rest, _ := strings.Cut(claim, "#")
	_, reason, _ := strings.Cut(rest, "#")
	return store.Reason(reason)
}

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

// ClaimConnection implements store.Store.
func (s *Store) ClaimConnection(ctx context.Context, id string, now time.Time, reason store.Reason) (store.Connection, error) {
	item, err := s.claim(ctx, id, now, claim{
		reason:    reason,
		attribute: attrEnded,
		condition: "attribute_exists(#pk)",
		names:     map[string]string{"#pk": schema.PartitionKey},
		values:    table.Item{},
	})
	switch {
	case err == nil:
		return decodeConnection(item)
	case len(item) == 0 && errors.Is(err, store.ErrClaimed):
		return store.Connection{}, store.ErrNoConnection
	default:
		return store.Connection{}, fmt.Errorf("claim connection: %w", err)
	}
}

// ClaimSocket implements store.Store.
func (s *Store) ClaimSocket(ctx context.Context, socket store.SocketRef, now time.Time, reason store.Reason) (store.Connection, error) {
	attribute := socketPrefix + socket.Namespace
	item, err := s.claim(ctx, socket.ConnectionID, now, claim{
		reason:    reason,
		attribute: claimPrefix + socket.Namespace,
		condition: "#s = :sid AND attribute_not_exists(#ended)",
		names:     map[string]string{"#s": attribute, "#ended": attrEnded},
		values:    table.Item{":sid": table.S(socket.SocketID)},
	})
	switch {
	case err == nil:
		return decodeConnection(item)
	case errors.Is(err, store.ErrClaimed) && table.String(item, attribute) != socket.SocketID:
		return store.Connection{}, store.ErrNoSocket
	default:
		return store.Connection{}, fmt.Errorf("claim socket: %w", err)
	}
}

// claim says what is claimed, and why: an attribute, on a condition apart from its being
// free.
type claim struct {
	reason               store.Reason
	attribute, condition string
	names                map[string]string
	values               table.Item
}

// claim sets a claim unless a fresh one is there. It returns the item, also with
// ErrClaimed: when the claim is somebody else's, or the condition does not hold.
func (s *Store) claim(ctx context.Context, id string, now time.Time, what claim) (table.Item, error) {
	mine := newClaim(now) + "#" + string(what.reason)
	what.names["#claim"] = what.attribute
	what.values[":claim"] = table.S(mine)
	what.values[":stale"] = table.S(claimAt(now.Add(-store.ClaimLease)))
	out, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       connectionKey(id),
		UpdateExpression:          aws.String("SET #claim = :claim"),
		ConditionExpression:       aws.String(what.condition + " AND (attribute_not_exists(#claim) OR #claim < :stale)"),
		ExpressionAttributeNames:  what.names,
		ExpressionAttributeValues: what.values,
		ReturnValues:              types.ReturnValueAllNew,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	item, refused := table.Refused(err)
	switch {
	case refused && table.String(item, what.attribute) == mine:
		return item, nil // made, and made again because the answer was lost
	case refused:
		return item, store.ErrClaimed
	case err != nil:
		return nil, table.Classify(err)
	}
	return out.Attributes, nil
}
