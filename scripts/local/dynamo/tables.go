package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// createTimeout is how long a table may take to become active: AWS takes seconds.
const createTimeout = time.Minute

// CreateTables creates the tables of package schema that are not there yet, and waits
// until they can be used. A table's name is the prefix and its ID. Their time to live
// is not switched on: readers filter by it.
func CreateTables(ctx context.Context, client *dynamodb.Client, prefix string) error {
	for _, t := range schema.Tables() {
		_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName:   aws.String(prefix + t.ID),
			BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: aws.String(schema.PartitionKey), AttributeType: types.ScalarAttributeTypeS},
				{AttributeName: aws.String(schema.SortKey), AttributeType: types.ScalarAttributeTypeS},
			},
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String(schema.PartitionKey), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(schema.SortKey), KeyType: types.KeyTypeRange},
			},
		})
		var exists *types.ResourceInUseException
		if err != nil && !errors.As(err, &exists) {
			return fmt.Errorf("create table %s: %w", t.ID, err)
		}
		active := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = time.Second })
		if err := active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(prefix + t.ID)}, createTimeout); err != nil {
			return fmt.Errorf("create table %s: %w", t.ID, err)
		}
	}
	return nil
}
