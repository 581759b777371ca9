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
	"github.com/confab-chat/confab/shared/project"
)

// createTimeout is how long a table may take to become active: AWS takes seconds.
const createTimeout = time.Minute

// Table is a table.
type Table struct {
	Name string
	// Keys are the names of the partition key and, if there is one, the sort key.
	Keys []string
	// Types are DynamoDB's types of the keys. Nil: strings.
	Types []string
}

// Declared returns a table that an application declares, under a name.
func Declared(t *project.Table, name string) Table {
	table := Table{Name: name, Keys: []string{t.Partition.Name}, Types: []string{t.Partition.Type}}
	if t.Sort != nil {
		table.Keys, table.Types = append(table.Keys, t.Sort.Name), append(table.Types, t.Sort.Type)
	}
	return table
}

// Tables returns the tables of package schema. A table's name is the prefix and its ID.
func Tables(prefix string) []Table {
	var tables []Table
	for _, t := range schema.Tables() {
		tables = append(tables, Table{Name: prefix + t.ID, Keys: []string{schema.PartitionKey, schema.SortKey}})
	}
	return tables
}

// CreateTables creates the tables that do not exist yet, and waits until they can be used.
// It does not turn on their time to live, because readers filter expired items.
func CreateTables(ctx context.Context, client *dynamodb.Client, tables []Table) error {
	for _, t := range tables {
		in := dynamodb.CreateTableInput{TableName: aws.String(t.Name), BillingMode: types.BillingModePayPerRequest}
		for i, key := range t.Keys {
			kind := []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]
			in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(key), KeyType: kind})
			attribute := types.ScalarAttributeTypeS
			if t.Types != nil {
				attribute = types.ScalarAttributeType(t.Types[i])
			}
			in.AttributeDefinitions = append(in.AttributeDefinitions,
				types.AttributeDefinition{AttributeName: aws.String(key), AttributeType: attribute})
		}
		_, err := client.CreateTable(ctx, &in)
		var exists *types.ResourceInUseException
		if err != nil && !errors.As(err, &exists) {
			return fmt.Errorf("create table %s: %w", t.Name, err)
		}
		active := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = time.Second })
		if err := active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(t.Name)}, createTimeout); err != nil {
			return fmt.Errorf("create table %s: %w", t.Name, err)
		}
	}
	return nil
}
