package confab

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbudgets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// RealtimeProps configure a [Realtime]. Only Code is required.
type RealtimeProps struct {
	// Code returns the code of a function by its name in package names; see [Built].
	Code func(function string) awslambda.Code
	// Architecture is the one that the code was built for: arm64, which is a fifth cheaper
	// than x86-64.
	Architecture awslambda.Architecture
	// AllowedOrigins are the origins whose pages may connect, as in
	// "https://example.com"; "*" allows all. None: only clients that are not browsers.
	AllowedOrigins []string
	// Domain is a name of your own. The API's own address keeps working.
	Domain *Domain
	// AccountRequests is the account's quota of API Gateway requests a second in the region: 10,000.
	AccountRequests float64
	// Throttle bounds the requests of all clients together, for each API.
	Throttle Throttle
	// Recovery is the window of Socket.IO's connection state recovery. Zero: off.
	Recovery time.Duration
	// Heartbeat is what quiet connections hear: mode.Alternate; see docs/cost.md.
	Heartbeat mode.Heartbeat
	// RouteResponse is what API Gateway does with an empty one: mode.EveryRouteResponse.
	RouteResponse mode.RouteResponse
	// LogRetention is how long logs are kept: a month.
	LogRetention awslogs.RetentionDays
	// LogLevel is a log/slog level: info.
	LogLevel string
	// Tracing turns AWS X-Ray on. Lambda chooses what it traces, and has no setting for it: one
	// invocation a second and 5 % of the rest. The first 100,000 traces a month are free.
	Tracing bool
	// Posts say how fast large fan-outs are posted.
	Posts Posts
	// Warm is what tables take from the start.
	Warm Warm
	// Admin turns on the namespace /admin for the Socket.IO Admin UI: "NAME:HASH" with the
	// bcrypt hash of a password. The UI's origin must be allowed.
	Admin string
	// Alarms say who is notified when something is wrong.
	Alarms AlarmProps
	// Keeping says what keeps tables, users and files from being deleted.
	Keeping Keeping
	// NoLogRole leaves the setting alone that lets API Gateway write logs. The account has
	// one for all APIs of a region, and an access log cannot be deployed without it. Set
	// NoLogRole where another stack manages that setting.
	NoLogRole bool
}

// Throttle is a bound on requests: the steady rate a second and the size of a burst. The
// zero value is a part of what the account allows: half of it for the WebSocket API, and a tenth for the
// HTTP API. The rest is for posts to clients and for other APIs.
type Throttle struct{ Rate, Burst float64 }

const (
	// accountRequests is the quota that an account has in most regions by default.
	accountRequests = 10_000
	// burstSeconds is the size of the burst that AWS gives for a quota, in seconds of it.
	burstSeconds = 0.5

	socketShare = 0.5
	httpShare   = 0.1
	// postShare is that of large fan-outs.
	postShare = 0.6
)

// throttle returns the bound of an API that has a share of the account's quota.
func (r *Realtime) throttle(share float64) *api.ThrottleSettings {
	rate := share * cmp.Or(r.props.AccountRequests, accountRequests)
	t := r.props.Throttle
	return &api.ThrottleSettings{
		RateLimit:  jsii.Number(cmp.Or(t.Rate, rate)),
		BurstLimit: jsii.Number(cmp.Or(t.Burst, math.Ceil(rate*burstSeconds))),
	}
}

// Realtime is the engine: a WebSocket API for Socket.IO clients, its functions, and the
// table that they share. Your handlers are in the functions' code (functions/app).
type Realtime struct {
	// Construct is the scope of everything in it.
	Construct constructs.Construct
	API       api.WebSocketApi
	Stage     api.WebSocketStage
	// Table holds connections and rooms, and nothing that outlives its sessions.
	Table awsdynamodb.TableV2
	// Failures keeps the events of sweeps and schedules that failed for good, and FailedFanouts the chunks of large
	// fan-outs that no function could take, for four days.
	Failures, FailedFanouts awssqs.Queue
	Dashboard               awscloudwatch.Dashboard

	props RealtimeProps
	// fanouts has the chunks of large fan-outs that wait.
	fanouts awssqs.Queue
	alarms  alarms
	// budget is nil if there is none.
	budget    awsbudgets.CfnBudget
	functions map[string]awslambda.Function
	origins   []string
	// adminSecret signs the sessions of admins; nil: there are none.
	adminSecret awssecretsmanager.Secret
}

// Built returns a RealtimeProps.Code that finds what `make build` has built below a folder.
func Built(dir string) func(function string) awslambda.Code {
	return func(function string) awslambda.Code {
		return awslambda.Code_FromAsset(jsii.String(dir+"/"+function), nil)
	}
}

// Program returns a RealtimeProps.Code for a program that is all functions, as an [Application]'s: a folder
// with its bootstrap.
func Program(dir string) func(function string) awslambda.Code {
	code := awslambda.Code_FromAsset(jsii.String(dir), nil)
	return func(string) awslambda.Code { return code }
}

// NewRealtime adds the engine to a scope.
func NewRealtime(scope constructs.Construct, id string, props *RealtimeProps) *Realtime {
	r := &Realtime{
		Construct: constructs.NewConstruct(scope, jsii.String(id)),
		props:     *props,
		functions: map[string]awslambda.Function{},
	}
	if r.props.LogRetention == "" {
		r.props.LogRetention = awslogs.RetentionDays_ONE_MONTH
	}
	if r.props.AccountRequests > 0 && r.props.Posts.PerSecond == 0 {
		r.props.Posts.PerSecond = max(1, int(postShare*r.props.AccountRequests))
	}
	if r.props.Architecture == nil {
		r.props.Architecture = awslambda.Architecture_ARM_64()
	}
	r.Table = newTable(r.Construct, "Table", ofSchema(schema.Realtime), r.props.Keeping, r.props.Warm)
	r.Failures = newFailures(r.Construct)
	r.newFanouts()
	if r.props.Admin != "" {
		r.adminSecret = newSecret(r.Construct, "AdminSecret", "Signs the sessions of Confab's admins",
			"A new secret ends the sessions of all admins, and so does a new password.")
	}
	r.newAPI()
	for _, name := range []string{names.Fanout, names.Connect, names.Message, names.Disconnect, names.Sweep} {
		r.addFunction(r.Construct, name)
	}
	r.route()
	r.newSchedule()
	r.AllowOrigins(props.AllowedOrigins...)
	r.addAlarms()
	r.addBudget()
	r.addDashboard()
	return r
}

// Function returns the function with a name of package names, for grants on your own
// resources; nil if there is none.
func (r *Realtime) Function(name string) awslambda.Function {
	return r.functions[name]
}

// SetEnvironment sets an environment variable of every function.
func (r *Realtime) SetEnvironment(name, value string) {
	for _, f := range r.functions {
		f.AddEnvironment(jsii.String(name), jsii.String(value), nil)
	}
}

// AllowOrigins lets pages of further origins connect.
func (r *Realtime) AllowOrigins(origins ...string) {
	for _, origin := range origins {
		if !slices.Contains(r.origins, origin) {
			r.origins = append(r.origins, origin)
		}
	}
	r.SetEnvironment(names.EnvAllowedOrigins, strings.Join(r.origins, ","))
}
