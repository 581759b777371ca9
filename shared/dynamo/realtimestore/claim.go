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

// A claim is "<ms>#<token>", and for an ending "<ms>#<token>#<reason>". The time comes first
// and is padded, so that claims sort by time. By the token a caller knows its own claim: when
// an answer is lost, the SDK makes the claim a second time.

func newClaim(now time.Time) string { return paddedMillis(now) + "#" + rand.Text() }

func paddedMillis(t time.Time) string { return fmt.Sprintf("%013d", t.UnixMilli()) }

// reasonOf returns the reason in the claim of an ending.
func reasonOf(claim string) store.Reason {
	_, rest, _ := strings.Cut(claim, "#")
	_, reason, _ := strings.Cut(rest, "#")
	return store.Reason(reason)
}

// timeOfClaim returns when a claim was made, or the zero time.
func timeOfClaim(claim string) time.Time {
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
		condition: "#s = :sid AND (attribute_not_exists(#ended) OR attribute_exists(#claim))",
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

// claim is an attribute to claim, the reason, and a condition that must hold besides the
// attribute being free.
type claim struct {
	reason               store.Reason
	attribute, condition string
	names                map[string]string
	values               table.Item
}

// claim sets a claim unless another caller has set one within ClaimLease. It returns the item
// as it is afterwards. With ErrClaimed it returns the item too: another caller holds the
// claim, or the condition does not hold.
func (s *Store) claim(ctx context.Context, id string, now time.Time, what claim) (table.Item, error) {
	mine := newClaim(now) + "#" + string(what.reason)
	what.names["#claim"] = what.attribute
	what.values[":claim"] = table.S(mine)
	what.values[":stale"] = table.S(paddedMillis(now.Add(-store.ClaimLease)))
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
		return item, nil // set twice by the SDK, because the first answer was lost
	case refused:
		return item, store.ErrClaimed
	case err != nil:
		return nil, table.Classify(err)
	}
	return out.Attributes, nil
}
