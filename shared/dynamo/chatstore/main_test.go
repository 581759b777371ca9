package chatstore_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/chat/storetest"
	"github.com/confab-chat/confab/shared/dynamo/chatstore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
)

// client is a client of a real DynamoDB-compatible engine.
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

// fixture is a store on a table of its own, through a client whose calls the test
// may disturb.
type fixture struct {
	*storetest.Store
	client *disturbed
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	prefix := fmt.Sprintf("t%d-", tables.Add(1))
	if err := dynamo.CreateTables(t.Context(), client, dynamo.Tables(prefix)); err != nil {
		t.Fatal(err)
	}
	d := &disturbed{Client: client}
	store := chatstore.New(chatstore.Options{Client: d, Table: prefix + schema.Chat.ID})
	return &fixture{Store: storetest.With(t, store), client: d}
}

// disturbed is a client whose next calls fail as the test says.
type disturbed struct {
	table.Client
	mu sync.Mutex
	// faults are those of the next calls, by operation.
	faults map[string][]fault
	// pages, if set, is how many items a page of a Query has.
	pages int32
}

// fault makes a call fail: before it is carried out, or after, so that only its answer is
// lost.
type fault struct{ before, after error }

func (d *disturbed) disturb(operation string, faults ...fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults == nil {
		d.faults = map[string][]fault{}
	}
	d.faults[operation] = append(d.faults[operation], faults...)
}

// left returns how many faults are left.
func (d *disturbed) left() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, faults := range d.faults {
		n += len(faults)
	}
	return n
}

func call[Out any](d *disturbed, operation string, do func() (*Out, error)) (*Out, error) {
	d.mu.Lock()
	var f fault
	if waiting := d.faults[operation]; len(waiting) > 0 {
		f, d.faults[operation] = waiting[0], waiting[1:]
	}
	d.mu.Unlock()
	if f.before != nil {
		return nil, f.before
	}
	out, err := do()
	if err == nil && f.after != nil {
		return nil, f.after
	}
	return out, err
}

func (d *disturbed) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return call(d, "UpdateItem", func() (*dynamodb.UpdateItemOutput, error) { return d.Client.UpdateItem(ctx, in, o...) })
}

func (d *disturbed) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return call(d, "TransactWriteItems", func() (*dynamodb.TransactWriteItemsOutput, error) {
		return d.Client.TransactWriteItems(ctx, in, o...)
	})
}

func (d *disturbed) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if d.pages > 0 {
		small := *in
		small.Limit = &d.pages
		in = &small
	}
	return call(d, "Query", func() (*dynamodb.QueryOutput, error) { return d.Client.Query(ctx, in, o...) })
}

// BatchGetItem leaves all keys beyond a page unprocessed.
func (d *disturbed) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if d.pages == 0 {
		return d.Client.BatchGetItem(ctx, in, o...)
	}
	some := map[string]types.KeysAndAttributes{}
	rest := map[string]types.KeysAndAttributes{}
	for name, all := range in.RequestItems {
		n := min(len(all.Keys), int(d.pages))
		some[name] = types.KeysAndAttributes{Keys: all.Keys[:n], ConsistentRead: all.ConsistentRead}
		if n < len(all.Keys) {
			rest[name] = types.KeysAndAttributes{Keys: slices.Clone(all.Keys[n:]), ConsistentRead: all.ConsistentRead}
		}
	}
	out, err := d.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: some}, o...)
	if err == nil {
		out.UnprocessedKeys = rest
	}
	return out, err
}
