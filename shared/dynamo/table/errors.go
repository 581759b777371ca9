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

	"github.com/confab-chat/confab/shared/realtime"
)

// Classify turns failures that may pass (throttling, a conflict between
// transactions, a server error, a lost connection, a deadline) into a
// realtime.Error with CodeUnavailable. Every other error stays as it is.
func Classify(err error) error {
	if err == nil || !temporary(err) {
		return err
	}
	return realtime.Unavailable(err)
}

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
