package table

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Classify marks an error of a failure that may pass: throttling, a conflict between
// transactions, a server error, a lost connection, a deadline. The mark is a method
// Unavailable, by which the engine and the chat tell clients to try again. Every other
// error stays as it is.
func Classify(err error) error {
	if err == nil || !temporary(err) {
		return err
	}
	return unavailableError{err}
}

// unavailableError marks an error whose cause may pass. Its text is the cause's.
type unavailableError struct{ error }

// Unavailable reports that the same call may work later.
func (unavailableError) Unavailable() bool { return true }

// Unwrap returns the cause.
func (e unavailableError) Unwrap() error { return e.error }

func temporary(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
			"TransactionConflictException", "TransactionInProgressException", "LimitExceededException",
			"InternalServerError", "ServiceUnavailable":
			return true
		}
	}
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		for _, reason := range canceled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict":
				return true
			}
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return true
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)
}
