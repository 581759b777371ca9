package stack

import (
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

type object = map[string]any

// template is the stack's, with code that needs no build.
var template assertions.Template

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer jsii.Close()
		app := awscdk.NewApp(nil)
		dir, err := os.MkdirTemp("", "confab-code")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		code := func(string) awslambda.Code { return awslambda.Code_FromAsset(jsii.String(dir), nil) }
		template = assertions.Template_FromStack(New(app, "Confab", &Props{Code: code}), nil)
		return m.Run()
	}())
}

// has fails the test, rather than the process, when the template lacks a resource.
func has(t *testing.T, kind string, properties object) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%v", p)
		}
	}()
	template.HasResourceProperties(jsii.String(kind), properties)
}

func TestEachRouteGoesToAFunctionAndOnlyMessagesAreAnswered(t *testing.T) {
	for route, response := range map[string]any{"$connect": assertions.Match_Absent(), "$disconnect": assertions.Match_Absent(), "$default": "$default"} {
		has(t, "AWS::ApiGatewayV2::Route", object{
			"RouteKey":                         route,
			"RouteResponseSelectionExpression": response,
			"Target":                           assertions.Match_AnyValue(),
		})
	}
	has(t, "AWS::ApiGatewayV2::RouteResponse", object{"RouteResponseKey": "$default"})
	for _, method := range []string{"GET", "POST"} {
		has(t, "AWS::ApiGatewayV2::Route", object{"RouteKey": method + " /api/{proxy+}"})
	}
}

func TestTheTablesAreThoseOfTheSchema(t *testing.T) {
	for _, table := range schema.Tables() {
		has(t, "AWS::DynamoDB::GlobalTable", object{
			"KeySchema": []object{
				{"AttributeName": schema.PartitionKey, "KeyType": "HASH"},
				{"AttributeName": schema.SortKey, "KeyType": "RANGE"},
			},
			"BillingMode":             "PAY_PER_REQUEST",
			"TimeToLiveSpecification": object{"AttributeName": schema.TTL, "Enabled": true},
			"GlobalSecondaryIndexes":  assertions.Match_Absent(),
			"Replicas": []any{assertions.Match_ObjectLike(&map[string]any{
				"DeletionProtectionEnabled":        table.Durable,
				"PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": table.Durable},
			})},
		})
	}
}

func TestEachFunctionHasWhatItNeedsToStart(t *testing.T) {
	for _, name := range names.Functions() {
		need := []string{names.EnvRealtimeTable, names.EnvManagementEndpoint, names.EnvAllowedOrigins}
		if name != names.Connect {
			need = append(need, names.EnvChatTable, names.EnvGuestSecret)
		}
		if name != names.Connect && name != names.Fanout {
			need = append(need, names.EnvFanoutFunction)
		}
		variables := object{}
		for _, variable := range need {
			variables[variable] = assertions.Match_AnyValue()
		}
		has(t, "AWS::Lambda::Function", object{
			"Description":   "Confab: " + name,
			"Runtime":       "provided.al2023",
			"Architectures": []string{"arm64"},
			"Environment":   object{"Variables": assertions.Match_ObjectLike((*map[string]any)(&variables))},
			"LoggingConfig": assertions.Match_ObjectLike(&map[string]any{"LogFormat": "JSON"}),
		})
	}
	has(t, "AWS::Logs::LogGroup", object{"RetentionInDays": 30})
}

func TestNoPolicyHasAWildcardThatCouldBeNamed(t *testing.T) {
	for name, policy := range *template.FindResources(jsii.String("AWS::IAM::Policy"), nil) {
		document := (*policy)["Properties"].(map[string]any)["PolicyDocument"].(map[string]any)
		for _, statement := range document["Statement"].([]any) {
			s := statement.(map[string]any)
			actions, ok := s["Action"].([]any)
			if !ok {
				actions = []any{s["Action"]}
			}
			for _, action := range actions {
				if action == "*" || action == "dynamodb:*" || action == "dynamodb:Scan" || action == "execute-api:*" {
					t.Errorf("%s allows %v", name, action)
				}
			}
			if s["Resource"] == "*" {
				t.Errorf("%s allows %v on everything", name, actions)
			}
		}
	}
}

func TestTheSweepRunsEveryMinute(t *testing.T) {
	has(t, "AWS::Events::Rule", object{"ScheduleExpression": "rate(1 minute)", "State": "ENABLED"})
}

func TestFailedFanOutsAreKept(t *testing.T) {
	has(t, "AWS::Lambda::EventInvokeConfig", object{
		"DestinationConfig": object{"OnFailure": object{"Destination": assertions.Match_AnyValue()}},
	})
	has(t, "AWS::SQS::Queue", object{"MessageRetentionPeriod": 14 * 24 * 3600})
}
