package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// CreateTables creates the tables of package schema that are not there yet. A
// table's name is the prefix and its ID.
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
	}
	return nil
}
