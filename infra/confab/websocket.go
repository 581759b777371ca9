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
		// No message matches, so all of them go to $default.
		RouteSelectionExpression: jsii.String("$request.body.action"),
	})
	props := &api.WebSocketStageProps{
		WebSocketApi: r.API,
		StageName:    jsii.String(stageName),
		AutoDeploy:   jsii.Bool(true),
		Throttle:     r.throttle(socketShare),
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
		// socket.io-client uses this path by default. API Gateway removes it, and accepts no
		// longer one.
		props.DomainMapping = &api.DomainMappingOptions{DomainName: d.newForAPI(r.Construct), MappingKey: jsii.String("socket.io")}
	}
	r.Stage = api.NewWebSocketStage(r.Construct, jsii.String("Stage"), props)
	if !r.props.NoLogRole {
		r.Stage.Node().AddDependency(r.newLogRole())
	}
}

// route sends connections and messages to their functions. Only $default has a route
// response, which carries acknowledgements; API Gateway offers none for the other keys.
func (r *Realtime) route() {
	var changes sequence
	changes.add(r.Stage)
	add := func(key, function string, respond bool) {
		route := r.API.AddRoute(jsii.String(key), &api.WebSocketRouteOptions{
			Integration:    awsapigatewayv2integrations.NewWebSocketLambdaIntegration(jsii.String(function), r.functions[function], nil),
			ReturnResponse: jsii.Bool(respond),
		})
		restrictInvocation(route, executeAPI(r.Construct, r.API.ApiId(), stageName+"/"+key))
		changes.add(route)
	}
	add("$connect", names.Connect, false)
	add("$default", names.Message, true)
	add("$disconnect", names.Disconnect, false)
	suppress(r.API, "AwsSolutions-APIG4", "Browsers cannot send headers with a WebSocket, and a token in the address "+
		"would end up in logs. The token comes with Socket.IO's CONNECT packet; the functions verify it before they serve anything.")
}

// accessLog is the access log of a stage.
type accessLog struct {
	destination api.IAccessLogDestination
	format      awsapigateway.AccessLogFormat
}

var _ api.IAccessLogSettings = (*accessLog)(nil)

func (l *accessLog) Destination() api.IAccessLogDestination { return l.destination }
func (l *accessLog) Format() awsapigateway.AccessLogFormat  { return l.format }

// newAccessLog adds an access log with these fields, whose values are context variables of
// API Gateway. Leave out variables of paths, queries, authorizers and error messages: they
// may contain people's words or tokens.
func newAccessLog(scope constructs.Construct, id string, retention awslogs.RetentionDays, fields map[string]string) *accessLog {
	format, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a map of strings is always JSON
	}
	return &accessLog{
		destination: api.NewLogGroupLogDestination(newNamedLog(scope, id, vendedName(scope, id), retention)),
		format:      awsapigateway.AccessLogFormat_Custom(jsii.String(string(format))),
	}
}

// vendedName returns the name of a log group that AWS itself writes to. Nothing else in the account and
// region has it. A group with another beginning would be added to a resource policy of CloudWatch
// Logs, which has 5,120 characters for the whole account.
func vendedName(scope constructs.Construct, id string) *string {
	return jsii.String("/aws/vendedlogs/apigateway/" + *awscdk.Aws_STACK_NAME() + "/" + id + "-" + (*scope.Node().Addr())[:8])
}

// newLogRole lets API Gateway write logs in this account and region, as the access logs of
// WebSocket APIs need it. All APIs share the setting, so it stays when the stack is deleted; and also
// when its first deployment fails, after which the setting would name a role that is gone.
func (r *Realtime) newLogRole() constructs.IDependable {
	scope := r.Construct
	role := awsiam.NewRole(scope, jsii.String("APIGatewayLogRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{
			awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AmazonAPIGatewayPushToCloudWatchLogs")),
		},
	})
	role.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	suppress(role, "AwsSolutions-IAM4", "API Gateway requires exactly this policy, and only API Gateway may assume the role.",
		"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
	account := awsapigateway.NewCfnAccount(scope, jsii.String("APIGatewayAccount"), &awsapigateway.CfnAccountProps{
		CloudWatchRoleArn: role.RoleArn(),
	})
	account.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	// An account that never had an API does not have the setting yet. So this depends on the
	// API itself; not on the construct, because its stage depends on this.
	account.Node().AddDependency(r.API.Node().DefaultChild())
	return account
}
