package apigw

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
)

// HandlerFunc is a lambda.Handler with its event and result as Go values. Unlike
// lambda.NewHandler it needs no reflection on functions, which keeps binaries small.
type HandlerFunc[In, Out any] func(ctx context.Context, in In) (Out, error)

var _ lambda.Handler = HandlerFunc[int, int](nil)

// Invoke implements lambda.Handler.
func (f HandlerFunc[In, Out]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var in In
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	out, err := f(ctx, in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// none is the result of a handler whose result is not read.
type none struct{}
