package chatstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// attrUntil is until when what is known of a link holds, in ms.
const attrUntil = "until"

// linkKey is of what is known of a link in a room. The address itself is not kept.
func linkKey(roomID, url string) table.Item {
	hash := sha256.Sum256([]byte(url))
	return table.Key("W#"+roomID, hex.EncodeToString(hash[:]))
}

// linkItem is a link of which something is known until a time.
func linkItem(roomID, url string, known chat.KnownLink, until time.Time) (table.Item, error) {
	encoded, err := encode(known)
	if err != nil {
		return nil, err
	}
	return table.With(linkKey(roomID, url), table.Item{
		attrJSON: table.S(encoded), attrUntil: table.N(until.UnixMilli()), schema.TTL: table.N(until.Unix() + 1),
	}), nil
}

// TakeLink implements chat.Store: one PutItem, which fails with what is known.
func (s *Store) TakeLink(ctx context.Context, roomID, url string, now, until time.Time) (known chat.KnownLink, taken bool, err error) {
	item, err := linkItem(roomID, url, chat.KnownLink{Fetching: true}, until)
	if err != nil {
		return known, false, fmt.Errorf("take link: %w", err)
	}
	_, err = s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table.Name), Item: item,
		ConditionExpression:       aws.String("attribute_not_exists(#until) OR #until <= :now"),
		ExpressionAttributeNames:  map[string]string{"#until": attrUntil},
		ExpressionAttributeValues: table.Item{":now": table.N(now.UnixMilli())},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	existing, refused := table.Refused(err)
	if refused {
		return known, false, decode(existing, &known)
	}
	if err != nil {
		return known, false, fmt.Errorf("take link: %w", table.Classify(err))
	}
	return known, true, nil
}

// KeepLink implements chat.Store: one PutItem.
func (s *Store) KeepLink(ctx context.Context, roomID, url string, preview *chat.LinkPreview, until time.Time) error {
	item, err := linkItem(roomID, url, chat.KnownLink{Preview: preview}, until)
	if err == nil {
		_, err = s.table.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.table.Name), Item: item})
		err = table.Classify(err)
	}
	if err != nil {
		return fmt.Errorf("keep link: %w", err)
	}
	return nil
}
