package realtimestore_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// client is a real DynamoDB-compatible engine's.
var client *dynamodb.Client

func TestMain(m *testing.M) {
	os.Exit(func() int {
		database, end, err := dynamo.ForTests(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer end()
		client = database
		return m.Run()
	}())
}

var tables atomic.Int64

// newStore returns a store on tables of its own.
func newStore(t *testing.T, o realtimestore.Options) *realtimestore.Store {
	t.Helper()
	if o.Client == nil {
		o.Client = client
	}
	o.Table = newTables(t) + schema.Realtime.ID
	return realtimestore.New(o)
}

// newTables creates tables, and returns the prefix of their names.
func newTables(t *testing.T) string {
	t.Helper()
	prefix := fmt.Sprintf("t%d-", tables.Add(1))
	if err := dynamo.CreateTables(t.Context(), client, dynamo.Tables(prefix)); err != nil {
		t.Fatal(err)
	}
	return prefix
}
