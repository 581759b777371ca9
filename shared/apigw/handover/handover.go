// Package handover passes large fan-outs to the fanout function. It is not in package apigw,
// because functions that pass nothing on would link the client of Lambda too.
package handover

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/confab-chat/confab/shared/realtime"
)

// Client has the method of *lambda.Client that Lambda calls.
type Client interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

var _ Client = (*lambda.Client)(nil)

// Lambda passes a fan-out to a function by an asynchronous invocation, which AWS Lambda
// queues durably and retries.
type Lambda struct {
	Client Client
	// Function is the name or ARN of the fanout function.
	Function string
}

var _ realtime.Handover = (*Lambda)(nil)

// maxPayload is the largest payload of an asynchronous invocation (AWS Lambda quotas).
const maxPayload = 256 << 10

// HandOver implements realtime.Handover.
func (h *Lambda) HandOver(ctx context.Context, d realtime.Delivery) error {
	payload, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	if len(payload) > maxPayload {
		return fmt.Errorf("hand over: %d bytes are more than the %d that an invocation may carry", len(payload), maxPayload)
	}
	_, err = h.Client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName:   aws.String(h.Function),
		InvocationType: types.InvocationTypeEvent,
		Payload:        payload,
	})
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return nil
}
