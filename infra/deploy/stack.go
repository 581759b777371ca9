// Package deploy is what `cdk deploy` puts up: the chat in a stack of its own, with
// settings from the CDK's context. Enter at [NewStack].
package deploy

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/infra/confab"
)

// Props say what is deployed.
type Props struct {
	awscdk.StackProps
	// Code returns the code of a function by its name in package names, for an
	// architecture.
	Code func(function string, architecture awslambda.Architecture) awslambda.Code
	// PageFiles is the folder of the built page.
	PageFiles string
}

// NewStack adds the stack to an app, under the name that its parameters say. The error
// says what is wrong with them.
func NewStack(scope constructs.Construct, props *Props) (awscdk.Stack, error) {
	settled := props.StackProps
	if settled.Description == nil {
		settled.Description = jsii.String("Confab: Socket.IO without servers, and a chat on it")
	}
	c := &context{node: scope.Node()}
	s := awscdk.NewStack(scope, jsii.String(c.stackName()), &settled)
	c.check()
	architecture := c.architecture("architecture")
	settings := &confab.ChatProps{
		RealtimeProps: confab.RealtimeProps{
			Code:              func(f string) awslambda.Code { return props.Code(f, architecture) },
			Architecture:      architecture,
			Domain:            c.domain(s),
			AllowedOrigins:    c.origins("allowedOrigins", true),
			Throttle:          confab.Throttle{Rate: c.number("requestsPerSecond"), Burst: c.whole("burst")},
			Recovery:          c.duration("recovery"),
			LogRetention:      c.retention("logRetentionDays"),
			LogLevel:          c.oneOf("logLevel", "debug", "info", "warn", "error"),
			NoTracing:         !c.flag("tracing", true),
			FanoutConcurrency: int(c.whole("fanoutConcurrency")),
			Admin:             c.matching("admin", bcryptHashes, "NAME:HASH with a bcrypt hash, which go run ./scripts/adminhash prints"),
			Alarms:            confab.AlarmProps{Email: c.text("alarmEmail"), MonthlyBudget: c.number("monthlyBudget")},
			Disposable:        !c.flag("retainData", true),
			NoLogRole:         !c.flag("apiGatewayLogRole", true),
		},
		Identity: c.identity(),
		Page: confab.PageProps{
			ConnectSources: c.origins("connectSources", false),
			WebACL:         c.matching("webAcl", webACLs, "the ARN of a web ACL for CloudFront, of us-east-1"),
		},
	}
	c.read("heartbeat", &settings.Heartbeat)
	c.read("routeResponse", &settings.RouteResponse)
	if c.flag("page", true) {
		settings.Page.Files = props.PageFiles
	}
	if len(c.errors) > 0 {
		return nil, errors.Join(c.errors...)
	}
	chat := confab.NewChat(s, "Chat", settings)
	pin(chat)
	addOutputs(s, chat, settings.Domain)
	return s, nil
}

// pin gives what holds data the names by which CloudFormation knows it from one
// deployment to the next, so that no rearrangement of constructs can replace it.
func pin(chat *confab.Chat) {
	name := func(c constructs.IConstruct, id string) {
		c.Node().DefaultChild().(awscdk.CfnResource).OverrideLogicalId(jsii.String(id))
	}
	name(chat.Table, "ChatTable")
	name(chat.Realtime.Table, "RealtimeTable")
	if chat.Users != nil {
		chat.Users.Pool.Node().DefaultChild().(awscognito.CfnUserPool).OverrideLogicalId(jsii.String("Users"))
	}
}

// addOutputs prints what one needs next; the page's address comes first.
func addOutputs(s awscdk.Stack, chat *confab.Chat, domain *confab.Domain) {
	output := func(id, value, description string) {
		awscdk.NewCfnOutput(s, jsii.String(id), &awscdk.CfnOutputProps{
			Value: jsii.String(value), Description: jsii.String(description),
		})
	}
	if chat.Page != nil {
		output("ChatURL", chat.Page.Origin, "Open this")
	}
	if chat.Page == nil && domain != nil {
		output("DomainURL", "https://"+domain.Name, "The WebSocket API under your name: io(origin, {transports: [\"websocket\"]})")
	}
	output("SocketURL", *chat.Realtime.Stage.Url(), "The WebSocket API's own address: io(origin, {path: \"/prod\", transports: [\"websocket\"]})")
	output("HTTPURL", *chat.HTTP.ApiEndpoint(), "The HTTP API's own address; it is under /api")
	if chat.Users != nil {
		output("UserPool", *chat.Users.Pool.UserPoolId(), "Where people are invited: aws cognito-idp admin-create-user")
		output("ClientId", *chat.Users.Client.UserPoolClientId(), "The page's client in the user pool")
	}
	output("Dashboard", *chat.Realtime.Dashboard.DashboardName(), "The dashboard in CloudWatch")
	output("FailuresQueue", *chat.Realtime.Failures.QueueUrl(), "Fan-outs and sweeps that failed for good")
}
