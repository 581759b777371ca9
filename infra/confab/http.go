package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// openRoutes are asked before anybody is signed in: whether the chat is there, and how
// its page signs people in.
var openRoutes = []string{"/api/health", "/api/session"}

// newHTTP adds the HTTP API: everything under /api goes to the api function. API Gateway
// turns requests away that carry no valid token, at its own cost rather than the
// function's, unless there are guests, whose tokens it cannot verify, or an Identity says
// that it shall not. The function verifies in any case.
func (c *Chat) newHTTP(props *ChatProps, who identity) {
	c.HTTP = api.NewHttpApi(c.Construct, jsii.String("HTTP"), &api.HttpApiProps{
		ApiName:            jsii.String(*awscdk.Aws_STACK_NAME() + " HTTP"),
		Description:        jsii.String("Confab: HTTP API"),
		CreateDefaultStage: jsii.Bool(false),
		CorsPreflight:      cors(props.AllowedOrigins),
	})
	api.NewHttpStage(c.Construct, jsii.String("HTTPStage"), &api.HttpStageProps{
		HttpApi:    c.HTTP,
		StageName:  jsii.String("$default"),
		AutoDeploy: jsii.Bool(true),
		Throttle:   props.Throttle.settings(httpThrottle),
		AccessLogSettings: newAccessLog(c.Construct, "HTTPAccessLog", c.Realtime.props.LogRetention, map[string]string{
			"requestId":          "$context.requestId",
			"route":              "$context.routeKey",
			"status":             "$context.status",
			"sourceIp":           "$context.identity.sourceIp",
			"requestTimeEpoch":   "$context.requestTimeEpoch",
			"responseLength":     "$context.responseLength",
			"integrationStatus":  "$context.integrationStatus",
			"integrationLatency": "$context.integrationLatency",
			"errorResponseType":  "$context.error.responseType",
		}),
	})
	integration := awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("api"), c.Realtime.functions[names.API], nil)
	var authorizer api.IHttpRouteAuthorizer
	if who.authorizer {
		authorizer = awsapigatewayv2authorizers.NewHttpJwtAuthorizer(jsii.String("JWT"), who.issuer,
			&awsapigatewayv2authorizers.HttpJwtAuthorizerProps{JwtAudience: &[]*string{who.audience}})
	}
	add := func(method api.HttpMethod, path string, authorizer api.IHttpRouteAuthorizer) {
		routes := c.HTTP.AddRoutes(&api.AddRoutesOptions{
			Path:        jsii.String(path),
			Methods:     &[]api.HttpMethod{method},
			Integration: integration,
			Authorizer:  authorizer,
		})
		// The stage, $default, stays open: AWS does not say how an ARN names it.
		invokedFrom((*routes)[0], executeAPI(c.Construct, c.HTTP.ApiId(), "*/"+string(method)+path))
	}
	add(api.HttpMethod_GET, "/api/{proxy+}", authorizer)
	add(api.HttpMethod_POST, "/api/{proxy+}", authorizer)
	if who.authorizer {
		for _, path := range openRoutes {
			add(api.HttpMethod_GET, path, nil)
		}
	}
	accept(c.HTTP, "AwsSolutions-APIG4", "What is open says whether the chat is there and how to sign in. "+
		"Otherwise the function alone verifies: API Gateway knows no tokens of guests, nor any but those signed with RSA.")
}

// cors allows pages of other origins than the chat's own.
func cors(origins []string) *api.CorsPreflightOptions {
	if len(origins) == 0 {
		return nil
	}
	return &api.CorsPreflightOptions{
		AllowOrigins: jsii.Strings(origins...),
		AllowMethods: &[]api.CorsHttpMethod{api.CorsHttpMethod_GET, api.CorsHttpMethod_POST},
		AllowHeaders: jsii.Strings("authorization", "content-type"),
		MaxAge:       awscdk.Duration_Hours(jsii.Number(1)),
	}
}
