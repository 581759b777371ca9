package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// openRoutes need no token: the health check, the page's question how to sign in, and the
// descriptions of the API.
var openRoutes = []string{"/api/health", "/api/session", "/api/openapi.json", "/api/asyncapi.json"}

// newHTTPAPI adds an HTTP API and its stage, without routes. Those that follow go into the sequence.
func (r *Realtime) newHTTPAPI(scope constructs.Construct) (api.HttpApi, *sequence) {
	h := api.NewHttpApi(scope, jsii.String("HTTP"), &api.HttpApiProps{
		ApiName:            jsii.String(*awscdk.Aws_STACK_NAME() + " HTTP"),
		Description:        jsii.String("Confab: HTTP API"),
		CreateDefaultStage: jsii.Bool(false),
		CorsPreflight:      cors(r.props.AllowedOrigins),
	})
	changes := &sequence{}
	changes.add(api.NewHttpStage(scope, jsii.String("HTTPStage"), &api.HttpStageProps{
		HttpApi:    h,
		StageName:  jsii.String("$default"),
		AutoDeploy: jsii.Bool(true),
		Throttle:   r.throttle(httpShare),
		AccessLogSettings: newAccessLog(scope, "HTTPAccessLog", r.props.LogRetention, map[string]string{
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
	}))
	return h, changes
}

// newHTTP adds the HTTP API. Everything under /api goes to the api function. API Gateway
// rejects requests without a valid token, which saves invocations; but not with guests,
// whose tokens it cannot verify, or with Identity.NoAuthorizer. The function verifies every
// token itself.
func (c *Chat) newHTTP(identity resolvedIdentity) {
	var changes *sequence
	c.HTTP, changes = c.Realtime.newHTTPAPI(c.Construct)
	stage := changes.last
	integration := awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("api"), c.Realtime.functions[names.API], nil)
	const authorizerID = "JWT"
	var authorizer api.IHttpRouteAuthorizer
	if identity.authorizer {
		authorizer = awsapigatewayv2authorizers.NewHttpJwtAuthorizer(jsii.String(authorizerID), identity.issuer,
			&awsapigatewayv2authorizers.HttpJwtAuthorizerProps{JwtAudience: &[]*string{identity.audience}})
	}
	add := func(method api.HttpMethod, path string, authorizer api.IHttpRouteAuthorizer) {
		routes := c.HTTP.AddRoutes(&api.AddRoutesOptions{
			Path:        jsii.String(path),
			Methods:     &[]api.HttpMethod{method},
			Integration: integration,
			Authorizer:  authorizer,
		})
		// A wildcard for the stage, $default: AWS does not document its name in an ARN.
		restrictInvocation((*routes)[0], executeAPI(c.Construct, c.HTTP.ApiId(), "*/"+string(method)+path))
		if authorizer != nil && changes.last == stage { // the CDK made it with the first route
			changes.add(c.HTTP.Node().FindChild(jsii.String(authorizerID)))
		}
		changes.add((*routes)[0])
	}
	for _, method := range []api.HttpMethod{
		api.HttpMethod_GET, api.HttpMethod_POST, api.HttpMethod_PUT, api.HttpMethod_PATCH, api.HttpMethod_DELETE,
	} {
		add(method, "/api/{proxy+}", authorizer)
	}
	if identity.authorizer {
		for _, path := range openRoutes {
			add(api.HttpMethod_GET, path, nil)
		}
	}
	suppress(c.HTTP, "AwsSolutions-APIG4", "The open routes are a health check, how to sign in, and descriptions of the API. "+
		"Elsewhere the function verifies tokens if API Gateway cannot: those of guests, and those not signed with RSA.")
}

// cors allows pages of other origins.
func cors(origins []string) *api.CorsPreflightOptions {
	if len(origins) == 0 {
		return nil
	}
	return &api.CorsPreflightOptions{
		AllowOrigins: jsii.Strings(origins...),
		AllowMethods: &[]api.CorsHttpMethod{
			api.CorsHttpMethod_GET, api.CorsHttpMethod_POST, api.CorsHttpMethod_PUT, api.CorsHttpMethod_PATCH, api.CorsHttpMethod_DELETE,
		},
		AllowHeaders: jsii.Strings("authorization", "content-type"),
		MaxAge:       awscdk.Duration_Hours(jsii.Number(1)),
	}
}
