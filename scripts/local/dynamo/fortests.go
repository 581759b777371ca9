package dynamo

import (
	"context"
	"crypto/rand"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// EnvTestEndpoint names the variable that holds the URL of another database for
// tests, such as DynamoDB Local.
const EnvTestEndpoint = "CONFAB_TEST_DYNAMODB"

// ForTests returns a client of a database without tables, and what ends it: of the
// embedded engine, or of the database at EnvTestEndpoint. Under a key of its own,
// each process has tables of its own there.
func ForTests(ctx context.Context) (client *dynamodb.Client, end func(), err error) {
	if url := os.Getenv(EnvTestEndpoint); url != "" {
		account := Local
		account.Credentials.AccessKeyID += rand.Text()
		return Client(url, account), func() {}, nil
	}
	engine, err := Start(ctx, Options{})
	if err != nil {
		return nil, nil, err
	}
	return engine.Client(), func() { _ = engine.Close() }, nil
}
