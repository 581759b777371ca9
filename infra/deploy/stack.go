// Package deploy is the stack that `cdk deploy` deploys: the chat, with settings from the
// CDK's context. Enter at [NewStack].
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

// Props configure the stack.
type Props struct {
	awscdk.StackProps
	// Code returns the code of a function by its name in package names, for an
	// architecture.
	Code func(function string, architecture awslambda.Architecture) awslambda.Code
	// PageFiles is the folder of the built page.
	PageFiles string
}

// NewStack adds the stack to an app. Its name and settings are parameters, and the error
// lists all mistakes in them.
func NewStack(scope constructs.Construct, props *Props) (awscdk.Stack, error) {
	settled := props.StackProps
	if settled.Description == nil {
		settled.Description = jsii.String("Confab: Socket.IO without servers, and a chat on it")
	}
	p := &parameters{node: scope.Node()}
	s := awscdk.NewStack(scope, jsii.String(p.stackName()), &settled)
	p.check()
	architecture := p.architecture("architecture")
	settings := &confab.ChatProps{
		RealtimeProps: confab.RealtimeProps{
			Code:           func(f string) awslambda.Code { return props.Code(f, architecture) },
			Architecture:   architecture,
			Domain:         p.domain(s),
			AllowedOrigins: p.origins("allowedOrigins", true),
			Throttle:       confab.Throttle{Rate: p.number("requestsPerSecond"), Burst: p.integer("burst")},
			Posts:          p.posts(),
			Recovery:       p.duration("recovery"),
			LogRetention:   p.retention("logRetentionDays"),
			LogLevel:       p.oneOf("logLevel", "debug", "info", "warn", "error"),
			Tracing:        p.boolean("tracing", false),
			Admin:          p.matching("admin", bcryptHashes, "NAME:HASH with a bcrypt hash, which go run ./scripts/adminhash prints"),
			Alarms:         confab.AlarmProps{Email: p.text("alarmEmail"), MonthlyBudget: p.number("monthlyBudget"), StopAtBudget: p.boolean("stopAtBudget", false)},
			Disposable:     !p.boolean("retainData", true),
			NoLogRole:      !p.boolean("apiGatewayLogRole", true),
		},
		PresenceGrace: p.duration("presenceGrace"),
		Identity:      p.identity(),
		Limits: confab.Limits{
			Sockets:             int(p.integer("maxSockets")),
			GuestSignIns:        int(p.integer("guestSignIns")),
			DeliveriesBurst:     int(p.integer("deliveriesBurst")),
			DeliveriesPerSecond: int(p.integer("deliveriesPerSecond")),
		},
		Attachments: confab.AttachmentProps{
			MaxKilobytes: int(p.integer("maxAttachmentKilobytes")),
			Types:        p.list("attachmentTypes"),
			Off:          !p.boolean("attachments", true),
		},
		LinkPreviews: confab.LinkPreviews{On: p.boolean("linkPreviews", false), Concurrency: int(p.integer("previewConcurrency"))},
		Page: confab.PageProps{
			ConnectSources: p.origins("connectSources", false),
			WebACL:         p.matching("webAcl", webACLs, "the ARN of a web ACL for CloudFront, of us-east-1"),
		},
	}
	p.read("heartbeat", &settings.Heartbeat)
	p.read("presence", &settings.Presence)
	p.read("routeResponse", &settings.RouteResponse)
	if p.boolean("page", true) {
		settings.Page.Files = props.PageFiles
	}
	if len(p.errors) > 0 {
		return nil, errors.Join(p.errors...)
	}
	chat := confab.NewChat(s, "Chat", settings)
	pin(chat)
	addOutputs(s, chat, settings.Domain)
	return s, nil
}

// pin fixes the logical ids of resources with data, so that moving constructs can never
// make CloudFormation replace them.
func pin(chat *confab.Chat) {
	name := func(c constructs.IConstruct, id string) {
		c.Node().DefaultChild().(awscdk.CfnResource).OverrideLogicalId(jsii.String(id))
	}
	name(chat.Table, "ChatTable")
	name(chat.Realtime.Table, "RealtimeTable")
	name(chat.Files, "Attachments")
	if chat.Users != nil {
		chat.Users.Pool.Node().DefaultChild().(awscognito.CfnUserPool).OverrideLogicalId(jsii.String("Users"))
	}
}

// addOutputs prints what is needed next, the page's address first.
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
		output("DomainURL", "https://"+domain.Name, "The WebSocket API at your domain: io(origin, {transports: [\"websocket\"]})")
	}
	output("SocketURL", *chat.Realtime.Stage.Url(), "The WebSocket API's own address: io(origin, {path: \"/prod\", transports: [\"websocket\"]})")
	output("HTTPURL", *chat.HTTP.ApiEndpoint(), "The HTTP API's own address, below /api")
	if chat.Users != nil {
		output("UserPool", *chat.Users.Pool.UserPoolId(), "Invite people here: aws cognito-idp admin-create-user")
		output("ClientId", *chat.Users.Client.UserPoolClientId(), "The page's client in the user pool")
	}
	output("Dashboard", *chat.Realtime.Dashboard.DashboardName(), "The dashboard in CloudWatch")
	output("AttachmentsBucket", *chat.Files.BucketName(), "The files of messages")
	output("FailuresQueue", *chat.Realtime.Failures.QueueUrl(), "Sweeps that failed for good")
	output("FailedFanoutsQueue", *chat.Realtime.FailedFanouts.QueueUrl(), "Chunks of large fan-outs that failed for good")
}
