// Command after is a function that works on for a while after its response.
package main

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/apigw"
)

func main() {
	extension, err := apigw.RegisterExtension(context.Background(), os.Getenv("AWS_LAMBDA_RUNTIME_API"))()
	if err != nil {
		panic(err)
	}
	go func() { _ = extension.Run(context.Background()) }()
	lambda.Start(extension.Wrap(lambda.NewHandler(func(ctx context.Context, how string) error {
		d, err := time.ParseDuration(how)
		apigw.AfterResponse(ctx, func(context.Context) { time.Sleep(d) })
		return err
	})))
}
