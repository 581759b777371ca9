package apigw

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/confab-chat/confab/shared/realtime"
)

// LambdaClient is what of *lambda.Client is called.
type LambdaClient interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

var _ LambdaClient = (*lambda.Client)(nil)

// Handover hands fan-outs to a function by asynchronous invocation, which Lambda
// queues durably and retries.
type Handover struct {
	Client LambdaClient
	// Function is the name or ARN of the fanout function.
	Function string
}

var _ realtime.Handover = (*Handover)(nil)

// maxPayload is what an asynchronous invocation may carry (AWS Lambda quotas).
const maxPayload = 256 << 10

// HandOver implements realtime.Handover.
func (h *Handover) HandOver(ctx context.Context, d realtime.Delivery) error {
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
