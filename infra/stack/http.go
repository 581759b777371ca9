package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newHTTPAPI sends everything under /api to the api function.
func newHTTPAPI(scope constructs.Construct, f awslambda.Function) api.HttpApi {
	h := api.NewHttpApi(scope, jsii.String("HTTP"), &api.HttpApiProps{Description: jsii.String("Confab: HTTP API")})
	h.AddRoutes(&api.AddRoutesOptions{
		Path:        jsii.String("/api/{proxy+}"),
		Methods:     &[]api.HttpMethod{api.HttpMethod_GET, api.HttpMethod_POST},
		Integration: awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("api"), f, nil),
	})
	return h
}

// newSchedule runs the sweep every minute: each connection is visited in one of nine
// runs, which keeps it inside API Gateway's idle limit of ten minutes.
func newSchedule(scope constructs.Construct, f awslambda.Function) {
	awsevents.NewRule(scope, jsii.String("SweepEveryMinute"), &awsevents.RuleProps{
		Schedule: awsevents.Schedule_Rate(awscdk.Duration_Minutes(jsii.Number(1))),
		Targets:  &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(f, &awseventstargets.LambdaFunctionProps{RetryAttempts: jsii.Number(0)})},
	})
}
