package boot

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/sdkhttp"
)

// The clients are made without the SDK's config package. A Lambda function has its
// credentials in its environment, and the package would add 2 MB of other providers.

// How long one attempt of a call may take, unless CONFAB_CALL_TIMEOUT says otherwise. These
// services answer within milliseconds, so waiting longer is worth less than trying again. A
// post to @connections that hangs is given up after responseTimeout too.
const (
	dialTimeout     = time.Second
	responseTimeout = 2 * time.Second
)

// Credentials returns those of the function's role.
func (e Environment) Credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID:     e.Getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: e.Getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    e.Getenv("AWS_SESSION_TOKEN"),
			Source:          "environment",
		}, nil
	})
}

// Endpoint returns a service's base URL if the standard variables set one.
func (e Environment) Endpoint(service string) *string {
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		if url := e.Getenv(name); url != "" {
			return aws.String(url)
		}
	}
	return nil
}

// bounds returns those of calls to AWS by the network. As many idle connections are kept as one fan-out uses.
func (e Environment) bounds() sdkhttp.Options {
	o := sdkhttp.Options{DialTimeout: dialTimeout, ResponseTimeout: responseTimeout, MaxIdle: 64}
	// settings reports a value that cannot be read.
	if e.readDuration(names.EnvCallTimeout, &o.ResponseTimeout) == nil && o.ResponseTimeout > responseTimeout {
		o.DialTimeout = o.ResponseTimeout
	}
	return o
}

// services returns the bounds of calls that Services carries, if it is set.
func (e Environment) services() sdkhttp.Options {
	o := e.bounds()
	o.Through = e.Services
	return o
}

// DynamoDB returns a client for the stores.
func (e Environment) DynamoDB() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       e.Getenv("AWS_REGION"),
		Credentials:  e.Credentials(),
		BaseEndpoint: e.Endpoint("DYNAMODB"),
		HTTPClient:   sdkhttp.New(e.services()),
		Retryer:      retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = 4; o.MaxBackoff = 500 * time.Millisecond }),
	})
}

// management returns a client for @connections. It does not retry: the engine decides what
// to repeat.
func (e Environment) management() (*awsapi.Client, error) {
	endpoint, err := e.Required(names.EnvManagementEndpoint)
	if err != nil {
		return nil, err
	}
	if set := e.Getenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"); set != "" {
		endpoint = set // AWS_ENDPOINT_URL alone cannot hold the stage
	}
	return e.client("execute-api", endpoint, e.services())
}

// Lambda returns a client for AWS Lambda, which waits at least so long for a function's answer.
func (e Environment) Lambda(waits time.Duration) (*awsapi.Client, error) {
	bounds := e.services()
	bounds.ResponseTimeout = max(bounds.ResponseTimeout, waits)
	if endpoint := e.Endpoint("LAMBDA"); endpoint != nil {
		return e.client("lambda", *endpoint, bounds)
	}
	return e.client("lambda", "https://lambda."+e.domain(), bounds)
}

// SQS returns a client for Amazon SQS.
func (e Environment) SQS() (*awsapi.Client, error) {
	if endpoint := e.Endpoint("SQS"); endpoint != nil {
		return e.client("sqs", *endpoint, e.services())
	}
	return e.client("sqs", "https://sqs."+e.domain(), e.services())
}

// domain returns a region's part of the names of services.
func (e Environment) domain() string {
	region := e.Getenv("AWS_REGION")
	if strings.HasPrefix(region, "cn-") {
		return region + ".amazonaws.com.cn"
	}
	return region + ".amazonaws.com"
}

func (e Environment) client(service, endpoint string, bounds sdkhttp.Options) (*awsapi.Client, error) {
	return awsapi.New(awsapi.Options{
		Service:     service,
		Region:      e.Getenv("AWS_REGION"),
		Endpoint:    endpoint,
		Credentials: e.Credentials(),
		Transport:   sdkhttp.NewTransport(bounds),
	})
}

// BucketURL returns the address of a bucket of S3, without a slash at the end.
func (e Environment) BucketURL(bucket string) string {
	if endpoint := e.Getenv("AWS_ENDPOINT_URL_S3"); endpoint != "" {
		return endpoint + "/" + bucket
	}
	return "https://" + bucket + ".s3." + e.domain()
}

// Transport returns one that bounds calls of other services, by the network.
func (e Environment) Transport() http.RoundTripper { return sdkhttp.NewTransport(e.bounds()) }
