package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// CreateTables creates the tables that do not exist yet, and waits until they can be used. One that exists with
// another key is an error, because DynamoDB does not change keys.
// It does not turn on their time to live, because readers filter expired items.
func CreateTables(ctx context.Context, client *dynamodb.Client, tables []Table) error {
	for _, t := range tables {
		if err := t.create(ctx, client); err != nil {
			return fmt.Errorf("create table %s: %w", t.Name, err)
		}
	}
	return nil
}

func (t Table) create(ctx context.Context, client *dynamodb.Client) error {
	keys, attributes := t.key()
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(t.Name), BillingMode: types.BillingModePayPerRequest, KeySchema: keys, AttributeDefinitions: attributes,
	})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	active := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = time.Second })
	there, err := active.WaitForOutput(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(t.Name)}, createTimeout)
	if err != nil {
		return err
	}
	has, declared := keyText(there.Table.KeySchema, there.Table.AttributeDefinitions), keyText(keys, attributes)
	if has != declared {
		return fmt.Errorf("it exists with the key %s, and not %s, and DynamoDB does not change keys: take another name, or begin without what is stored (confab dev -fresh)", has, declared)
	}
	return nil
}

// key returns the keys and their types as DynamoDB takes them.
func (t Table) key() (keys []types.KeySchemaElement, attributes []types.AttributeDefinition) {
	for i, name := range t.Keys {
		attribute := types.ScalarAttributeTypeS
		if t.Types != nil {
			attribute = types.ScalarAttributeType(t.Types[i])
		}
		keys = append(keys, types.KeySchemaElement{
			AttributeName: aws.String(name), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i],
		})
		attributes = append(attributes, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: attribute})
	}
	return keys, attributes
}

// keyText says a key for people, such as "board (S), at (N)". The partition key is always the first.
func keyText(keys []types.KeySchemaElement, attributes []types.AttributeDefinition) string {
	kinds := map[string]types.ScalarAttributeType{}
	for _, a := range attributes {
		kinds[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	var parts []string
	for _, key := range keys {
		name := aws.ToString(key.AttributeName)
		parts = append(parts, fmt.Sprintf("%s (%s)", name, kinds[name]))
	}
	return strings.Join(parts, ", ")
}
