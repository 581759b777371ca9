package stack

import (
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// functions are the six functions by their names.
type functions struct {
	byName map[string]awslambda.Function
}

const (
	// memoryMB buys a share of a processor: with less, TLS handshakes of a fan-out take
	// longer than they save; more costs without being faster, as most time is waiting.
	memoryMB = 256
	// timeoutSeconds is API Gateway's integration timeout; what takes longer is of no use
	// to a client. Functions that nobody waits for may take longer.
	timeoutSeconds      = 29
	asyncTimeoutSeconds = 60
)

func newFunctions(scope constructs.Construct, code func(string) awslambda.Code, environment map[string]string) functions {
	f := functions{byName: map[string]awslambda.Function{}}
	failures := awssqs.NewQueue(scope, jsii.String("Failures"), &awssqs.QueueProps{
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
		EnforceSSL:      jsii.Bool(true),
	})
	// fanout first: the others name it.
	f.byName[names.Fanout] = newFunction(scope, names.Fanout, code, environment, failures)
	emitting := maps.Clone(environment)
	emitting[names.EnvFanoutFunction] = *f.byName[names.Fanout].FunctionName()
	for _, name := range []string{names.Message, names.Disconnect, names.Sweep, names.API} {
		var onFailure awssqs.IQueue
		if name == names.Sweep {
			onFailure = failures
		}
		f.byName[name] = newFunction(scope, name, code, emitting, onFailure)
		f.byName[names.Fanout].GrantInvoke(f.byName[name])
	}
	connect := maps.Clone(environment)
	delete(connect, names.EnvChatTable)
	delete(connect, names.EnvGuestSecret)
	f.byName[names.Connect] = newFunction(scope, names.Connect, code, connect, nil)
	return f
}

// newFunction adds a function; failed asynchronous invocations go to the queue if
// there is one.
func newFunction(scope constructs.Construct, name string, code func(string) awslambda.Code, environment map[string]string, failures awssqs.IQueue) awslambda.Function {
	id := strings.ToUpper(name[:1]) + name[1:]
	timeout := timeoutSeconds
	if name == names.Fanout || name == names.Sweep {
		timeout = asyncTimeoutSeconds
	}
	variables := map[string]*string{}
	for key, value := range environment {
		variables[key] = jsii.String(value)
	}
	props := awslambda.FunctionProps{
		Description:   jsii.String("Confab: " + name),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  awslambda.Architecture_ARM_64(),
		Handler:       jsii.String("bootstrap"),
		Code:          code(name),
		Environment:   &variables,
		MemorySize:    jsii.Number(memoryMB),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(timeout)),
		LoggingFormat: awslambda.LoggingFormat_JSON,
		LogGroup: awslogs.NewLogGroup(scope, jsii.String(id+"Log"), &awslogs.LogGroupProps{
			Retention:     awslogs.RetentionDays_ONE_MONTH,
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		}),
	}
	if failures != nil {
		props.OnFailure = awslambdadestinations.NewSqsDestination(failures)
	}
	return awslambda.NewFunction(scope, jsii.String(id), &props)
}
