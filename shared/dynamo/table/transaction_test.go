package table

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// writer answers writes with its errors in turn, and then with success.
type writer struct {
	Client
	errs  []error
	calls int
}

func (w *writer) next() error {
	w.calls++
	if len(w.errs) == 0 {
		return nil
	}
	err := w.errs[0]
	w.errs = w.errs[1:]
	return err
}

func (w *writer) TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return nil, w.next()
}

func (w *writer) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, w.next()
}

func (w *writer) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := w.next(); err != nil {
		return nil, err
	}
	return &dynamodb.GetItemOutput{Item: in.Key}, nil
}

func transact(t *testing.T, w *writer) error {
	table := Table{Client: w, Name: "t"}
	return table.Transact(t.Context(), []types.TransactWriteItem{table.PutInTransaction(Key("p", "1")), table.PutNew(Key("p", "2"))})
}

func TestATransactionIsTriedAgainForWhatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			what        string
			errs        []error
			calls       int
			ok, marked  bool
			conditional bool
		}{
			{"success", nil, 1, true, false, false},
			{"a conflict", []error{canceled("TransactionConflict"), canceled("ThrottlingError")}, 3, true, false, false},
			{"conflicts", slices.Repeat([]error{canceled("TransactionConflict")}, 7), 6, false, true, false},
			{"a condition", []error{canceled("ConditionalCheckFailed")}, 1, false, false, true},
			{"another error", []error{&types.ProvisionedThroughputExceededException{}}, 1, false, true, false},
		} {
			w := &writer{errs: c.errs}
			err := transact(t, w)
			_, conditional := RefusedAt(err, 1)
			want(t, c.what, []any{w.calls, err == nil, unavailable(err), conditional}, []any{c.calls, c.ok, c.marked, c.conditional})
		}
	})
}

func TestARefusedWriteOfATransactionTellsTheItemThatWasThere(t *testing.T) {
	there := Key("p", "s")
	err := &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
		{Code: aws.String("None")}, {Code: aws.String("ConditionalCheckFailed"), Item: there},
	}}
	for write, refused := range []bool{false, true, false} {
		item, got := RefusedAt(err, write)
		if got != refused || refused && String(item, "sk") != "s" {
			t.Errorf("write %d: %v, %v", write, item, got)
		}
	}
	if _, got := RefusedAt(errors.New("another error"), 0); got {
		t.Error("another error refuses a write")
	}
}

func TestAnItemIsPutIfItIsNew(t *testing.T) {
	there := Key("p", "s")
	broken := errors.New("broken")
	for _, c := range []struct {
		err      error
		existing Item
		put      bool
		failure  error
	}{
		{nil, nil, true, nil},
		{&types.ConditionalCheckFailedException{Item: there}, there, false, nil},
		{broken, nil, false, broken},
	} {
		existing, put, err := Table{Client: &writer{errs: []error{c.err}}, Name: "t"}.PutItemNew(t.Context(), there)
		want(t, "put", []any{existing, put, err}, []any{c.existing, c.put, c.failure})
	}
}

func TestAnItemIsRead(t *testing.T) {
	key := Key("p", "s")
	w := &writer{errs: []error{nil, &types.ProvisionedThroughputExceededException{}}}
	item, err := Table{Client: w, Name: "t"}.GetItem(t.Context(), key)
	want(t, "item", []any{item, err}, []any{key, error(nil)})
	_, err = Table{Client: w, Name: "t"}.GetItem(t.Context(), key)
	wantUnavailable(t, "a throttled read", err)
}
