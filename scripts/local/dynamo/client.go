package dynamo

import (
	"cmp"
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/sdkhttp"
)

// Account is the account that calls a database. Local databases accept any, but DynamoDB
// Local has separate tables for each access key and region.
type Account struct {
	Credentials aws.Credentials
	Region      string
}

// Local is the account for local databases.
var Local = Account{
	Credentials: aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local", Source: "local"},
	Region:      "us-east-1",
}

// EnvironmentAccount returns the account in AWS's environment variables, or Local without
// them.
func EnvironmentAccount() Account {
	key := os.Getenv("AWS_ACCESS_KEY_ID")
	if key == "" {
		return Local
	}
	return Account{
		Credentials: aws.Credentials{
			AccessKeyID:     key,
			SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
			Source:          "environment",
		},
		Region: cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), Local.Region),
	}
}

// Client returns a client of the database at a URL.
func Client(url string, a Account) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		HTTPClient:   sdkhttp.New(sdkhttp.Options{MaxIdle: 64}),
		Region:       a.Region,
		BaseEndpoint: aws.String(url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return a.Credentials, nil
		}),
	})
}
