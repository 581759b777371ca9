package confab

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// stageName is the path at which clients connect to the API's own address.
const stageName = "prod"

// newAPI adds the WebSocket API and its stage, without routes.
func (r *Realtime) newAPI() {
	r.API = api.NewWebSocketApi(r.Construct, jsii.String("WebSocket"), &api.WebSocketApiProps{
		ApiName:     jsii.String(*awscdk.Aws_STACK_NAME() + " Socket.IO"),
		Description: jsii.String("Confab: Socket.IO"),
		// No message matches: all go to $default, JSON or not.
		RouteSelectionExpression: jsii.String("$request.body.action"),
	})
	props := &api.WebSocketStageProps{
		WebSocketApi: r.API,
		StageName:    jsii.String(stageName),
		AutoDeploy:   jsii.Bool(true),
		Throttle:     r.props.Throttle.settings(socketThrottle),
		AccessLogSettings: newAccessLog(r.Construct, "WebSocketAccessLog", r.props.LogRetention, map[string]string{
			"requestId":          "$context.requestId",
			"connectionId":       "$context.connectionId",
			"event":              "$context.eventType",
			"route":              "$context.routeKey",
			"status":             "$context.status",
			"sourceIp":           "$context.identity.sourceIp",
			"requestTimeEpoch":   "$context.requestTimeEpoch",
			"integrationStatus":  "$context.integrationStatus",
			"integrationLatency": "$context.integrationLatency",
			"errorResponseType":  "$context.error.responseType",
		}),
	}
	if d := r.props.Domain; d != nil {
		// The path that the client asks for by itself. API Gateway takes it away, and knows no
		// other below it.
		props.DomainMapping = &api.DomainMappingOptions{DomainName: d.forAPI(r.Construct), MappingKey: jsii.String("socket.io")}
	}
	r.Stage = api.NewWebSocketStage(r.Construct, jsii.String("Stage"), props)
	if !r.props.NoLogRole {
		r.Stage.Node().AddDependency(r.newLogRole())
	}
}

// route sends connections and messages to their functions. Only $default has a route
// response: it carries acknowledgements, and API Gateway knows one for no other key.
func (r *Realtime) route() {
	add := func(key, function string, respond bool) {
		route := r.API.AddRoute(jsii.String(key), &api.WebSocketRouteOptions{
			Integration:    awsapigatewayv2integrations.NewWebSocketLambdaIntegration(jsii.String(function), r.functions[function], nil),
			ReturnResponse: jsii.Bool(respond),
		})
		invokedFrom(route, executeAPI(r.Construct, r.API.ApiId(), stageName+"/"+key))
	}
	add("$connect", names.Connect, false)
	add("$default", names.Message, true)
	add("$disconnect", names.Disconnect, false)
	accept(r.API, "AwsSolutions-APIG4", "Browsers cannot send headers with a WebSocket, and a token in the address "+
		"would end in logs. The token comes with Socket.IO's CONNECT, and the functions verify it; nothing is served before.")
}

// accessLog is the access log of a stage.
type accessLog struct {
	destination api.IAccessLogDestination
	format      awsapigateway.AccessLogFormat
}

var _ api.IAccessLogSettings = (*accessLog)(nil)

func (l *accessLog) Destination() api.IAccessLogDestination { return l.destination }
func (l *accessLog) Format() awsapigateway.AccessLogFormat  { return l.format }

// newAccessLog adds an access log with the fields, which are API Gateway's context
// variables. Those of paths, queries, authorizers and error messages are left out on
// purpose: they can carry what people wrote, or what signs them in.
func newAccessLog(scope constructs.Construct, id string, retention awslogs.RetentionDays, fields map[string]string) *accessLog {
	format, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a map of strings is always JSON
	}
	return &accessLog{
		destination: api.NewLogGroupLogDestination(newLog(scope, id, retention)),
		format:      awsapigateway.AccessLogFormat_Custom(jsii.String(string(format))),
	}
}

// newLogRole lets API Gateway write logs, in this account and region. The setting is
// needed by the access logs of WebSocket APIs and shared by all, so it stays when the
// stack goes.
func (r *Realtime) newLogRole() constructs.IDependable {
	scope := r.Construct
	role := awsiam.NewRole(scope, jsii.String("APIGatewayLogRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{
			awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AmazonAPIGatewayPushToCloudWatchLogs")),
		},
	})
	role.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	accept(role, "AwsSolutions-IAM4", "API Gateway asks for exactly this policy, and only API Gateway may assume the role.",
		"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
	account := awsapigateway.NewCfnAccount(scope, jsii.String("APIGatewayAccount"), &awsapigateway.CfnAccountProps{
		CloudWatchRoleArn: role.RoleArn(),
	})
	account.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	// An account that never had an API has no such setting yet. The API itself is waited
	// for, and not what the construct has below it: the stage waits for this.
	account.Node().AddDependency(r.API.Node().DefaultChild())
	return account
}
