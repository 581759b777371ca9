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

const (
	attrPaid = "paid" // µs: until when the person's deliveries take at their budget's rate
	// budgetLifetime is how long a budget is kept after it was spent from. It has until when its
	// user is signed out everywhere.
	budgetLifetime = chat.SignOutKept
)

// Spend implements chat.Store with one UpdateItem for somebody who has spent nothing lately, and
// otherwise two. Both add, so that no two that come at once are in each other's way.
func (s *Store) Spend(ctx context.Context, userID string, spending chat.Spending) (chat.Account, error) {
	paid, out, refused, err := s.spend(ctx, userID, spending, "attribute_not_exists(#paid) OR #paid <= :now", ":now + :cost")
	if !refused || err != nil {
		return chat.Account{SignedOut: out}, err
	}
	if until := spending.Until(paid); !spending.Caused && !until.IsZero() {
		return chat.Account{Until: until, SignedOut: out}, nil
	}
	condition := "#paid > :now AND #paid < :limit"
	if spending.Caused {
		condition = "#paid > :now"
	}
	paid, out, refused, err = s.spend(ctx, userID, spending, condition, "#paid + :cost")
	if err != nil || !refused && !spending.Caused {
		return chat.Account{SignedOut: out}, err
	}
	return chat.Account{Until: spending.Until(paid), SignedOut: out}, nil
}

// spend sets what has been paid for to a value on a condition. It returns what has been paid for
// then, or with refused what had been, and until when the user is signed out everywhere.
func (s *Store) spend(ctx context.Context, userID string, spending chat.Spending, condition, value string) (paid, out time.Time, refused bool, err error) {
	values := table.Item{
		":now":  table.N(spending.Now.UnixMicro()),
		":cost": table.N(spending.Time().Microseconds()),
		":ttl":  table.N(spending.Now.Add(budgetLifetime).Unix()),
	}
	if strings.Contains(condition, ":limit") {
		values[":limit"] = table.N(spending.Limit().UnixMicro())
	}
	answer, err := s.table.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.table.Name),
		Key:                       budgetKey(userID),
		UpdateExpression:          aws.String("SET #paid = " + value + ", #ttl = :ttl"),
		ConditionExpression:       aws.String(condition),
		ExpressionAttributeNames:  map[string]string{"#paid": attrPaid, "#ttl": schema.TTL},
		ExpressionAttributeValues: values,
		ReturnValues:              types.ReturnValueAllNew,

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	item, refused := table.Refused(err)
	if !refused {
		if err != nil {
			return paid, out, false, fmt.Errorf("spend: %w", table.Classify(err))
		}
		item = answer.Attributes
	}
	us, _ := table.Int(item, attrPaid)
	return time.UnixMicro(us), signedOut(item), refused, nil
}
