// Package stack says what is deployed: two tables, six functions, a WebSocket API, an
// HTTP API and a schedule. Enter at [New].
//
// Guests are let in by a secret that the stack makes; every other identity comes with
// a verifier of its own.
package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// Props configure a stack.
type Props struct {
	awscdk.StackProps
	// Code returns a function's code by its name in package names.
	Code func(name string) awslambda.Code
	// AllowedOrigins is the context "allowedOrigins": a comma-separated list of origins
	// that may open connections; "*", the default, allows all.
	AllowedOrigins string
}

// BuiltFunctions returns the code that `make build` has built below a folder.
func BuiltFunctions(dir string) func(name string) awslambda.Code {
	return func(name string) awslambda.Code {
		return awslambda.Code_FromAsset(jsii.String(dir+"/"+name), nil)
	}
}

// New adds the stack to an app.
func New(scope constructs.Construct, id string, props *Props) awscdk.Stack {
	s := awscdk.NewStack(scope, jsii.String(id), &props.StackProps)
	origins := props.AllowedOrigins
	if v, ok := s.Node().TryGetContext(jsii.String("allowedOrigins")).(string); ok {
		origins = v
	}
	if origins == "" {
		origins = "*"
	}
	secret := awssecretsmanager.NewSecret(s, jsii.String("GuestSecret"), &awssecretsmanager.SecretProps{
		Description: jsii.String("Signs the tokens of Confab's guests"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			PasswordLength: jsii.Number(64), ExcludePunctuation: jsii.Bool(true),
		},
	})

	tables := newTables(s)
	socket := newWebSocketAPI(s)
	environment := map[string]string{
		names.EnvRealtimeTable:      *tables.realtime.TableName(),
		names.EnvChatTable:          *tables.chat.TableName(),
		names.EnvManagementEndpoint: *socket.stage.CallbackUrl(),
		names.EnvAllowedOrigins:     origins,
		// A reference that CloudFormation resolves: the secret is not in the template.
		names.EnvGuestSecret: *secret.SecretValue().UnsafeUnwrap(),
	}
	f := newFunctions(s, props.Code, environment)
	for _, name := range names.Functions() {
		socket.stage.GrantManagementApiAccess(f.byName[name])
		tables.grant(name, f.byName[name])
	}
	socket.route(f)
	http := newHTTPAPI(s, f.byName[names.API])
	newSchedule(s, f.byName[names.Sweep])

	awscdk.NewCfnOutput(s, jsii.String("WebSocketURL"), &awscdk.CfnOutputProps{
		Value:       socket.stage.Url(),
		Description: jsii.String("Where clients connect: io(origin, {path: \"/\" + stage, transports: [\"websocket\"]})"),
	})
	awscdk.NewCfnOutput(s, jsii.String("HTTPURL"), &awscdk.CfnOutputProps{
		Value:       http.ApiEndpoint(),
		Description: jsii.String("The HTTP API, under /api"),
	})
	return s
}
