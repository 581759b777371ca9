package table

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// client answers each call by the next of its answers.
type client struct {
	Client
	// most is how many items of a batch are processed; the others are left.
	most int
	// pages are what Query answers.
	pages [][]Item
	err   error
	calls []int
}

func (c *client) BatchWriteItem(_ context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	requests := in.RequestItems["t"]
	c.calls = append(c.calls, len(requests))
	n := min(c.most, len(requests))
	out := &dynamodb.BatchWriteItemOutput{UnprocessedItems: map[string][]types.WriteRequest{}}
	if n < len(requests) {
		out.UnprocessedItems["t"] = requests[n:]
	}
	return out, c.err
}

func (c *client) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	keys := in.RequestItems["t"].Keys
	c.calls = append(c.calls, len(keys))
	n := min(c.most, len(keys))
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]Item{"t": keys[:n]}}
	if n < len(keys) {
		out.UnprocessedKeys = map[string]types.KeysAndAttributes{"t": {Keys: keys[n:]}}
	}
	return out, c.err
}

func (c *client) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	page := 0
	if n, ok := Int(in.ExclusiveStartKey, "page"); ok {
		page = int(n)
	}
	c.calls = append(c.calls, page)
	out := &dynamodb.QueryOutput{Items: c.pages[page]}
	if page+1 < len(c.pages) {
		out.LastEvaluatedKey = Item{"page": N(int64(page + 1))}
	}
	return out, c.err
}

func tableOf(c *client) Table { return Table{Client: c, Name: "t", Now: time.Now} }

// keys returns distinct keys.
func keys(n int) []Item {
	var all []Item
	for i := range n {
		all = append(all, Key("p", fmt.Sprint(i)))
	}
	return all
}

func puts(n int) []types.WriteRequest {
	var all []types.WriteRequest
	for i, key := range keys(n) {
		if i%2 == 0 {
			all = append(all, Put(key))
		} else {
			all = append(all, Delete(key))
		}
	}
	return all
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestBatchesGoOnUntilNothingIsUnprocessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{most: 10}
		if err := tableOf(c).Write(t.Context(), puts(30)); err != nil {
			t.Fatal(err)
		}
		want(t, "writes", c.calls, []int{25, 15, 5, 5})

		c = &client{most: 60}
		found, err := tableOf(c).Get(t.Context(), keys(130))
		if err != nil {
			t.Fatal(err)
		}
		want(t, "found", found, keys(130))
		want(t, "reads", c.calls, []int{100, 40, 30})
	})
}

func TestBatchesEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := &client{}
		err := tableOf(c).Write(ctx, puts(1))
		wantUnavailable(t, "write", err)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("write: %v", err)
		}
		// The pauses grow to a second, or 60 seconds would hold thousands of calls.
		if n := len(c.calls); n < 40 || n > 150 {
			t.Errorf("%d calls in a minute", n)
		}
		_, err = tableOf(c).Get(ctx, keys(1))
		wantUnavailable(t, "get", err)
	})
}

func TestAnErrorEndsABatch(t *testing.T) {
	c := &client{err: &types.ProvisionedThroughputExceededException{}}
	wantUnavailable(t, "write", tableOf(c).Write(t.Context(), puts(30)))
	_, err := tableOf(c).Get(t.Context(), keys(1))
	wantUnavailable(t, "get", err)
	want(t, "calls", c.calls, []int{25, 1})
}

func TestAQueryReadsEveryPageAndHidesWhatHasExpired(t *testing.T) {
	expired := With(Key("p", "old"), Item{schema.TTL: N(time.Now().Unix())})
	living := With(Key("p", "new"), Item{schema.TTL: N(time.Now().Add(time.Hour).Unix())})
	c := &client{pages: [][]Item{{expired, living}, {}, keys(2)}}
	items, err := tableOf(c).Partition(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "items", items, append([]Item{living}, keys(2)...))
	want(t, "pages", c.calls, []int{0, 1, 2})

	c.calls = nil
	for range tableOf(c).Query(t.Context(), PartitionQuery("p")) {
		break
	}
	want(t, "pages of a query that is left", c.calls, []int{0})

	c.err = &types.ProvisionedThroughputExceededException{}
	_, err = tableOf(c).Partition(t.Context(), "p")
	wantUnavailable(t, "query", err)
}

func TestAttributesAreReadByTheirType(t *testing.T) {
	item := Item{"s": S("text"), "n": N(-7), "ss": SS([]string{"a", "b"}), "large": &types.AttributeValueMemberN{Value: "1e40"}}
	want(t, "string", []string{String(item, "s"), String(item, "n"), String(item, "none")}, []string{"text", "", ""})
	want(t, "set", [][]string{Strings(item, "ss"), Strings(item, "s")}, [][]string{{"a", "b"}, nil})
	n, ok := Int(item, "n")
	want(t, "integer", []any{n, ok}, []any{int64(-7), true})
	for _, name := range []string{"s", "large", "none"} {
		if _, ok := Int(item, name); ok {
			t.Errorf("%s is an integer", name)
		}
	}
}

func TestARefusedWriteTellsTheItemThatWasThere(t *testing.T) {
	there := Key("p", "s")
	item, refused := Refused(fmt.Errorf("put: %w", &types.ConditionalCheckFailedException{Item: there}))
	want(t, "refused", []any{item, refused}, []any{there, true})
	item, refused = Refused(errors.New("another error"))
	want(t, "not refused", []any{item, refused}, []any{Item(nil), false})
}
