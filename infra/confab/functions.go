package confab

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
)

// size is the size of a function. Processor share and price are both proportional to memory
// (1,769 MB are one processor). With more memory, work that computes costs the same and is
// done sooner; work that waits for answers costs more.
type size struct {
	memoryMB, timeoutSeconds float64
	description              string
}

// sizes of the functions. 29 seconds is API Gateway's integration timeout: no client waits
// longer. Functions without a waiting client may take a minute.
var sizes = map[string]size{
	// One write, and one post after the response. Most of its time is the start.
	names.Connect: {256, 29, "opens connections ($connect)"},
	// Some waiting, and up to 300 signed posts over TLS, which are computation.
	names.Message:    {512, 29, "handles messages of clients ($default)"},
	names.Disconnect: {256, 29, "ends connections ($disconnect)"},
	// Only posts, 300 an invocation, in a third of a second.
	names.Fanout: {1024, fanoutSeconds, "delivers to large rooms"},
	names.Sweep:  {512, 60, "visits quiet connections, every minute"},
	names.API:    {256, 29, "serves the HTTP API"},
	// It ends a fetch after four seconds. What it reads is little.
	names.Preview: {256, 10, "fetches link previews"},
}

// sizeOf returns the size of a function.
func sizeOf(name string) size {
	if schedule, is := strings.CutPrefix(name, project.SchedulePrefix); is {
		return size{256, 60, "runs the schedule " + schedule}
	}
	return sizes[name]
}

// addFunction adds a function with its log and its role. Its environment and grants are
// those that the engine needs.
func (r *Realtime) addFunction(scope constructs.Construct, name string) awslambda.Function {
	id := strings.ToUpper(name[:1]) + name[1:]
	log := newLog(scope, id+"Log", r.props.LogRetention)
	role := newRole(scope, id+"Role", log)
	f := awslambda.NewFunction(scope, jsii.String(id), r.functionProps(name, role, log))
	r.functions[name] = f
	r.setEnvironment(f, name)
	r.grant(scope, role, name)
	switch name {
	case names.Fanout:
		r.takeFanouts(f)
	case names.Sweep:
		// A slot that is visited five minutes late has lost its quiet connections.
		r.keepFailures(f, 5*60)
		letInvokeItself(f, role)
	}
	return f
}

func (r *Realtime) functionProps(name string, role awsiam.Role, log awslogs.LogGroup) *awslambda.FunctionProps {
	props := &awslambda.FunctionProps{
		Description:   jsii.String("Confab: " + name + ", " + sizeOf(name).description),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  r.props.Architecture,
		Handler:       jsii.String("bootstrap"),
		Code:          r.props.Code(name),
		Role:          role,
		MemorySize:    jsii.Number(sizeOf(name).memoryMB),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(sizeOf(name).timeoutSeconds)),
		LogGroup:      log,
		LoggingFormat: awslambda.LoggingFormat_JSON,
		Environment: &map[string]*string{
			names.EnvRealtimeTable:      r.Table.TableName(),
			names.EnvManagementEndpoint: r.Stage.CallbackUrl(),
			names.EnvMetrics:            jsii.String("emf"), // the alarms and the dashboard read them
			names.EnvStack:              awscdk.Aws_STACK_NAME(),
		},
	}
	if r.props.LogLevel == "debug" {
		// Lambda itself drops lines below INFO. It must never get a higher level: metrics are
		// lines without one, and would be dropped too.
		props.ApplicationLogLevelV2 = awslambda.ApplicationLogLevel_DEBUG
	} else {
		// Of an invocation that succeeds, Lambda's own lines tell only what its metrics have too.
		props.SystemLogLevelV2 = awslambda.SystemLogLevel_WARN
	}
	if r.props.Tracing {
		props.Tracing = awslambda.Tracing_ACTIVE
		suppress(role, "AwsSolutions-IAM5", "X-Ray knows no resources in its permissions.", "Resource::*")
	}
	return props
}

// setEnvironment sets the variables that the props decide.
func (r *Realtime) setEnvironment(f awslambda.Function, name string) {
	set := func(variable, value string) {
		if value != "" {
			f.AddEnvironment(jsii.String(variable), jsii.String(value), nil)
		}
	}
	set(names.EnvLogLevel, r.props.LogLevel)
	set(names.EnvHeartbeat, string(r.props.Heartbeat))
	set(names.EnvRouteResponse, string(r.props.RouteResponse))
	set(names.EnvAllowedOrigins, strings.Join(r.origins, ","))
	if name != names.Connect {
		set(names.EnvAdmin, r.props.Admin)
	}
	if r.adminSecret != nil && (name == names.Message || name == names.API) {
		f.AddEnvironment(jsii.String(names.EnvAdminSecret), r.adminSecret.SecretValue().UnsafeUnwrap(), nil)
	}
	if r.props.Recovery > 0 {
		set(names.EnvRecovery, r.props.Recovery.String())
	}
	if handsOver(name) {
		set(names.EnvFanoutQueue, *r.fanouts.QueueUrl())
		if r.props.Posts.PerSecond > 0 {
			set(names.EnvPostsPerSecond, strconv.Itoa(r.props.Posts.PerSecond))
		}
		if r.props.Posts.Deadline > 0 {
			set(names.EnvPostDeadline, r.props.Posts.Deadline.String())
		}
	}
}

// grant allows a function what the engine does in it.
func (r *Realtime) grant(scope constructs.Construct, role awsiam.Role, name string) {
	allow(role, "dynamodb", realtimeActions(name, r.props.Recovery > 0), r.Table.TableArn())
	for _, method := range connectionMethods(name) {
		allow(role, "execute-api", []string{"ManageConnections"},
			connectionsARN(scope, r.API.ApiId(), r.Stage.StageName(), method))
	}
	suppress(role, "AwsSolutions-IAM5", "API Gateway makes up the ids of connections.",
		findingPattern(`/^Resource::arn:.*:execute-api:.*\/@connections\/\*$/`))
	if handsOver(name) {
		allow(role, "sqs", []string{"SendMessage"}, r.fanouts.QueueArn())
	}
}

// newRole adds a role with which a function may write its own log, and nothing else.
func newRole(scope constructs.Construct, id string, log awslogs.LogGroup) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String(id), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	// The ARN of a log group ends with a wildcard for its streams, which Lambda names.
	allow(role, "logs", []string{"CreateLogStream", "PutLogEvents"}, log.LogGroupArn())
	return role
}

// newLog adds a log group. It is deleted with the stack, because logs contain ids and never
// contents. CloudFormation makes up its name.
func newLog(scope constructs.Construct, id string, retention awslogs.RetentionDays) awslogs.LogGroup {
	return newNamedLog(scope, id, nil, retention)
}

func newNamedLog(scope constructs.Construct, id string, name *string, retention awslogs.RetentionDays) awslogs.LogGroup {
	return awslogs.NewLogGroup(scope, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName:  name,
		Retention:     retention,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

// newFailures adds the queue of events that failed for good. They contain packets with their
// contents, so the queue is encrypted and keeps them only over a weekend.
func newFailures(scope constructs.Construct) awssqs.Queue {
	q := awssqs.NewQueue(scope, jsii.String("Failures"), &awssqs.QueueProps{
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(4)),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
	})
	suppress(q, "AwsSolutions-SQS3", "It is the last place for failures; nothing consumes it.")
	return q
}

// keepFailures sends a function's events to the queue of failures when they have failed
// three times or are older than maxAge, in seconds.
func (r *Realtime) keepFailures(f awslambda.Function, maxAge float64) {
	awslambda.NewCfnEventInvokeConfig(f, jsii.String("OnFailure"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:             f.FunctionName(),
		Qualifier:                jsii.String("$LATEST"),
		MaximumEventAgeInSeconds: jsii.Number(maxAge),
		MaximumRetryAttempts:     jsii.Number(2),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: r.Failures.QueueArn()},
		},
	})
	allow(f.Role(), "sqs", []string{"SendMessage"}, r.Failures.QueueArn())
}

// newSchedule runs the sweep every minute. One of nine runs visits a connection, which keeps
// it within API Gateway's idle limit of ten minutes.
func (r *Realtime) newSchedule() {
	runEvery(r.Construct, "EveryMinute", "Confab: the sweep", time.Minute, r.functions[names.Sweep])
}

// runEvery adds a rule that runs a function once in each interval of whole minutes.
func runEvery(scope constructs.Construct, id, description string, interval time.Duration, f awslambda.Function) {
	awsevents.NewRule(scope, jsii.String(id), &awsevents.RuleProps{
		Description: jsii.String(description),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(jsii.Number(interval.Minutes()))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(f, nil)},
	})
}
