// Package handover hands large fan-outs to the fanout function. It is apart from package
// apigw because the client of Lambda is not for functions that hand nothing over.
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

// Client is what of *lambda.Client is called.
type Client interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

var _ Client = (*lambda.Client)(nil)

// Lambda hands fan-outs to a function by asynchronous invocation, which Lambda
// queues durably and retries.
type Lambda struct {
	Client Client
	// Function is the name or ARN of the fanout function.
	Function string
}

var _ realtime.Handover = (*Lambda)(nil)

// maxPayload is what an asynchronous invocation may carry (AWS Lambda quotas).
const maxPayload = 256 << 10

// HandOver implements realtime.Handover.
func (h *Lambda) HandOver(ctx context.Context, d realtime.Delivery) error {
	payload, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	if len(payload) > maxPayload {
		return fmt.Errorf("hand over: %d bytes are more than an invocation may carry", len(payload))
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
