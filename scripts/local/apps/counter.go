package apps

import (
	"context"
	"os"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/realtime"
)

// Counter is a number that everyone sees and may add to. A function keeps nothing between
// two messages, so the number is an item in a table of the application, and DynamoDB adds up
// concurrent additions.
func Counter(srv *realtime.Server) {
	realtime.On(srv, "increment", func(ctx context.Context, _ *realtime.Socket, by int64) (int64, error) {
		value, err := addToCounter(ctx, by)
		if err != nil {
			return 0, err
		}
		return value, keepShowing(ctx, value, srv.Emit)
	})
	srv.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		value, err := addToCounter(ctx, 0)
		if err != nil {
			return err
		}
		return keepShowing(ctx, value, s.Emit)
	})
}

// keepShowing emits the counter's value until it has not changed meanwhile. Emits of several
// machines may overtake each other; so the last value that a client gets is the newest.
func keepShowing(ctx context.Context, value int64, emit func(context.Context, string, ...any) error) error {
	for {
		if err := emit(ctx, "value", value); err != nil {
			return err
		}
		now, err := addToCounter(ctx, 0)
		if err != nil || now == value {
			return err
		}
		value = now
	}
}

// addToCounter adds to the counter and returns its value.
func addToCounter(ctx context.Context, by int64) (int64, error) {
	at, err := counterDatabase()
	if err != nil {
		return 0, err
	}
	out, err := at.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(at.table),
		Key:                       map[string]types.AttributeValue{"name": &types.AttributeValueMemberS{Value: "shared"}},
		UpdateExpression:          aws.String("ADD #value :by"),
		ExpressionAttributeNames:  map[string]string{"#value": "value"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":by": &types.AttributeValueMemberN{Value: strconv.FormatInt(by, 10)}},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(out.Attributes["value"].(*types.AttributeValueMemberN).Value, 10, 64)
}

// tableOfCounter is the table with the counter.
type tableOfCounter struct {
	client *dynamodb.Client
	table  string
}

// counterDatabase finds the table that a stack declares beside the functions (infra/engine),
// or creates one in a database for this process.
var counterDatabase = sync.OnceValues(func() (at tableOfCounter, err error) {
	if table := os.Getenv("COUNTER_TABLE"); table != "" {
		return tableOfCounter{dynamo.Client(os.Getenv("AWS_ENDPOINT_URL"), dynamo.EnvironmentAccount()), table}, nil
	}
	ctx := context.Background()
	engine, err := dynamo.Start(ctx, dynamo.Options{})
	if err != nil {
		return at, err
	}
	at = tableOfCounter{engine.Client(), "counter"}
	return at, dynamo.CreateTables(ctx, at.client, []dynamo.Table{{Name: at.table, Keys: []string{"name"}}})
})
