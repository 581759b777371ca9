// Package deploy has the stacks that are deployed, with settings from the CDK's context: [NewStack] is
// the chat, and [NewApplicationStack] an application of one's own.
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
	p := &parameters{node: scope.Node(), known: Parameters}
	s := awscdk.NewStack(scope, jsii.String(p.stackName("stackName", "Confab")), &settled)
	page := p.boolean("page", true)
	p.check(page)
	settings := &confab.ChatProps{
		RealtimeProps: p.engine(s, page),
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
			WebACL:         p.webACL(),
		},
	}
	settings.Code = func(f string) awslambda.Code { return props.Code(f, settings.Architecture) }
	settings.Recovery = p.duration("recovery")
	settings.Admin = p.matching("admin", bcryptHashes, "NAME:HASH with a bcrypt hash, which go run ./scripts/adminhash prints")
	p.read("presence", &settings.Presence)
	if page {
		settings.Page.Files = props.PageFiles
	}
	if len(p.errors) > 0 {
		return nil, errors.Join(p.errors...)
	}
	chat := confab.NewChat(s, "Chat", settings)
	pinChat(chat)
	addOutputs(s, chat, settings.Domain)
	return s, nil
}

// engine returns the settings of the engine, without its code.
func (p *parameters) engine(scope constructs.Construct, page bool) confab.RealtimeProps {
	settings := confab.RealtimeProps{
		Architecture:    p.architecture("architecture"),
		Domain:          p.domain(scope, page),
		AllowedOrigins:  p.origins("allowedOrigins", true),
		AccountRequests: p.accountRequests(),
		Throttle:        confab.Throttle{Rate: p.number("requestsPerSecond"), Burst: p.integer("burst")},
		Posts:           p.posts(),
		Warm:            p.warm(),
		LogRetention:    p.retention("logRetentionDays"),
		LogLevel:        p.oneOf("logLevel", "debug", "info", "warn", "error"),
		Tracing:         p.boolean("tracing", false),
		Alarms:          confab.AlarmProps{Email: p.text("alarmEmail"), MonthlyBudget: p.number("monthlyBudget"), StopAtBudget: p.boolean("stopAtBudget", false)},
		Keeping:         confab.Keeping{Disposable: !p.boolean("retainData", true), Unprotected: !p.boolean("deletionProtection", true)},
		NoLogRole:       !p.boolean("apiGatewayLogRole", true),
	}
	p.read("heartbeat", &settings.Heartbeat)
	p.read("routeResponse", &settings.RouteResponse)
	return settings
}

func (p *parameters) webACL() string {
	return p.matching("webAcl", webACLs, "the ARN of a web ACL for CloudFront, of us-east-1")
}

// pin fixes the logical id of a resource with data, so that moving constructs can never make
// CloudFormation replace it.
func pin(c constructs.IConstruct, id string) {
	c.Node().DefaultChild().(awscdk.CfnResource).OverrideLogicalId(jsii.String(id))
}

// pinChat fixes those of the chat.
func pinChat(chat *confab.Chat) {
	pin(chat.Table, "ChatTable")
	pin(chat.Realtime.Table, "RealtimeTable")
	pin(chat.Files, "Attachments")
	if chat.Users != nil {
		chat.Users.Pool.Node().DefaultChild().(awscognito.CfnUserPool).OverrideLogicalId(jsii.String("Users"))
	}
}

// addOutputs prints what is needed next, the page's address first.
func addOutputs(s awscdk.Stack, chat *confab.Chat, domain *confab.Domain) {
	output := printing(s)
	if chat.Page != nil {
		output("ChatURL", chat.Page.Origin, "Open this")
	}
	addSocketOutputs(s, chat.Realtime, chat.Page, domain)
	output("HTTPURL", *chat.HTTP.ApiEndpoint(), "The HTTP API's own address, below /api")
	if chat.Users != nil {
		output("UserPool", *chat.Users.Pool.UserPoolId(), "Invite people here: aws cognito-idp admin-create-user")
		output("ClientId", *chat.Users.Client.UserPoolClientId(), "The page's client in the user pool")
	}
	output("AttachmentsBucket", *chat.Files.BucketName(), "The files of messages")
	addEngineOutputs(s, chat.Realtime)
}

// addSocketOutputs prints the addresses of the WebSocket API. A domain is the page's, if there is one.
func addSocketOutputs(s awscdk.Stack, r *confab.Realtime, page *confab.Page, domain *confab.Domain) {
	output := printing(s)
	if page == nil && domain != nil {
		output("DomainURL", "https://"+domain.Name, "The WebSocket API at your domain: io(origin, {transports: [\"websocket\"]})")
	}
	output("SocketURL", *r.Stage.Url(), "The WebSocket API's own address: io(origin, {path: \"/prod\", transports: [\"websocket\"]})")
}

// addEngineOutputs prints what is needed to look after an engine.
func addEngineOutputs(s awscdk.Stack, r *confab.Realtime) {
	output := printing(s)
	output("Dashboard", *r.Dashboard.DashboardName(), "The dashboard in CloudWatch")
	output("FailuresQueue", *r.Failures.QueueUrl(), "Sweeps, and schedules of an application, that failed for good")
	output("FailedFanoutsQueue", *r.FailedFanouts.QueueUrl(), "Chunks of large fan-outs that failed for good")
}

// printing returns what adds an output to a stack.
func printing(s awscdk.Stack) func(id, value, description string) {
	return func(id, value, description string) {
		awscdk.NewCfnOutput(s, jsii.String(id), &awscdk.CfnOutputProps{
			Value: jsii.String(value), Description: jsii.String(description),
		})
	}
}
