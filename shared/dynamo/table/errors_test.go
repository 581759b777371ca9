package table

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func unavailable(err error) bool {
	var marked interface{ Unavailable() bool }
	return errors.As(err, &marked) && marked.Unavailable()
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !unavailable(err) {
		t.Errorf("%s: %v is not marked as unavailable", what, err)
	}
}

// canceled is a transaction that failed for one reason.
func canceled(code string) error {
	return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{{Code: aws.String("None")}, {Code: aws.String(code)}}}
}

func answered(status int) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: errors.New("answer")}
}

func TestFailuresThatMayPassAreMarked(t *testing.T) {
	for _, c := range []struct {
		err  error
		pass bool
	}{
		{&types.ProvisionedThroughputExceededException{}, true},
		{&types.RequestLimitExceeded{}, true},
		{&types.InternalServerError{}, true},
		{&types.TransactionConflictException{}, true},
		{canceled("TransactionConflict"), true},
		{canceled("ThrottlingError"), true},
		{answered(http.StatusBadGateway), true},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, true},
		{context.DeadlineExceeded, true},
		{nil, false},
		{context.Canceled, false},
		{canceled("ConditionalCheckFailed"), false},
		{answered(http.StatusBadRequest), false},
		{&types.ResourceNotFoundException{}, false},
		{errors.New("another error"), false},
	} {
		got := Classify(c.err)
		if unavailable(got) != c.pass {
			t.Errorf("%v is marked: %v", c.err, !c.pass)
		}
		if !errors.Is(got, c.err) || fmt.Sprint(got) != fmt.Sprint(c.err) {
			t.Errorf("%v became %v", c.err, got)
		}
	}
}
