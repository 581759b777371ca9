package layout

// Libraries that several packages use.
const (
	lambdaHandler  = "github.com/aws/aws-lambda-go/lambda"
	lambdaEvents   = "github.com/aws/aws-lambda-go/events"
	lambdaContext  = "github.com/aws/aws-lambda-go/lambdacontext"
	awsTypes       = "github.com/aws/aws-sdk-go-v2/aws"
	awsConfig      = "github.com/aws/aws-sdk-go-v2/config"
	awsHTTP        = "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	dynamoDB       = "github.com/aws/aws-sdk-go-v2/service/dynamodb/..."
	attributeValue = "github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	management     = "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/..."
	lambdaClient   = "github.com/aws/aws-sdk-go-v2/service/lambda/..."
	smithy         = "github.com/aws/smithy-go/..."
	cdk            = "github.com/aws/aws-cdk-go/awscdk/v2/..."
	constructs     = "github.com/aws/constructs-go/constructs/v10"
	jsii           = "github.com/aws/jsii-runtime-go"
	nag            = "github.com/cdklabs/cdk-nag-go/cdknag/v2"
	oidc           = "github.com/coreos/go-oidc/v3/oidc"
	jose           = "github.com/go-jose/go-jose/v4/..."
	websocket      = "github.com/coder/websocket"
	uuid           = "github.com/google/uuid"
	bcrypt         = "golang.org/x/crypto/bcrypt"
	gofakes3       = "github.com/johannesboyne/gofakes3"
	afero          = "github.com/spf13/afero"
)

// testDatabase starts the embedded DynamoDB-compatible engine. It is a tool, and tests
// alone may reach up for it.
const testDatabase = "scripts/local/dynamo"

// Rules has one rule for each package. After a change, run
//
//	go test ./scripts/layout -update
//
// to bring the table of packages in docs/architecture.md up to date.
var Rules = []Rule{
	// What everything stands on.
	{Package: "shared/wait", What: "sleeping, backing off, several calls at a time"},
	{Package: "shared/sdkhttp", What: "what carries calls to AWS services", Imports: []string{awsTypes + "/..."}},
	{
		Package: "shared/awsapi", What: "calls of AWS services without their SDK clients",
		Imports: []string{awsTypes + "/...", smithy},
		Tests:   []string{management},
	},
	{
		Package: "shared/s3files", What: "the chat's attachments in a bucket of S3",
		Imports: []string{awsTypes + "/...", "shared/awsapi", "shared/chat"},
	},
	{Package: "shared/names", What: "names that functions and infrastructure share: functions, environment variables"},
	{Package: "shared/engineio", What: "the Engine.IO 4 protocol"},
	{Package: "shared/socketio", What: "the Socket.IO 5 protocol", Imports: []string{"shared/engineio"}},
	{Package: "shared/document", What: "the OpenAPI and AsyncAPI documents, made from the code", Imports: []string{"embed"}},
	{Package: "shared/page", What: "the headers of the web page"},
	{Package: "shared/strict", What: "decodes JSON requests, and names the field that is wrong"},
	{Package: "shared/dynamo/schema", What: "the two tables and their keys"},
	{Package: "shared/metrics", What: "metrics, and the writer that logs them for CloudWatch"},

	// The engine.
	{Package: "shared/realtime/mode", What: "settings of the engine and the chat that are one of a few words"},
	{Package: "shared/realtime/store", What: "what the engine stores: the port `Store`, and its types"},
	{
		Package: "shared/realtime/store/storetest", What: "tests of what every `Store` must do",
		Imports: []string{"testing", "shared/realtime/store"},
	},
	{
		Package: "shared/realtime/memstore", What: "the engine's store in memory, for tests",
		Imports: []string{"shared/realtime/store"},
		Tests:   []string{"shared/realtime/store/storetest"},
	},
	{
		Package: "shared/realtime", What: "the engine; declares `Gateway` and `Handover`",
		Imports: []string{"golang.org/x/time/rate", "shared/engineio", "shared/socketio", "shared/realtime/mode", "shared/realtime/store"},
		Tests: []string{
			testDatabase, dynamoDB, "shared/dynamo/realtimestore", "shared/dynamo/schema", "shared/realtime/memstore", "shared/realtime/realtimetest",
		},
	},
	{
		Package: "shared/realtime/realtimetest", What: "a server, a client and a clock for tests of handlers",
		Imports: []string{
			"testing", "shared/engineio", "shared/socketio", "shared/realtime", "shared/realtime/memstore", "shared/realtime/store",
		},
	},
	{
		Package: "shared/dynamo/table", What: "reads and writes of one table, with retries and typed errors",
		Imports: []string{awsTypes, dynamoDB, smithy, "shared/dynamo/schema", "shared/wait"},
	},
	{
		Package: "shared/dynamo/realtimestore", What: "the engine's store on DynamoDB",
		Imports: []string{awsTypes, dynamoDB, "shared/dynamo/schema", "shared/dynamo/table", "shared/realtime/store"},
		Tests:   []string{testDatabase, "shared/realtime/store/storetest"},
	},
	{
		Package: "shared/apigw", What: "Lambda events to the engine; `@connections`; large fan-outs to their function; work after the response",
		Imports: []string{lambdaHandler, lambdaEvents, "shared/awsapi", "shared/realtime"},
		Tests:   []string{awsTypes, management, "shared/realtime/memstore", "shared/realtime/store", "shared/sdkhttp"},
	},
	{
		Package: "shared/metrics/instrument", What: "counts what the engine and its function do",
		Imports: []string{lambdaHandler, lambdaContext, "shared/apigw", "shared/metrics", "shared/realtime", "shared/realtime/store"},
	},
	{
		Package: "shared/boot", What: "environment to engine, once per cold start: all that `connect` links",
		Imports: []string{
			lambdaHandler, lambdaContext, awsTypes + "/...", dynamoDB,
			"shared/apigw", "shared/awsapi", "shared/dynamo/realtimestore", "shared/metrics", "shared/metrics/instrument", "shared/names", "shared/realtime",
			"shared/sdkhttp",
		},
		Tests: []string{"shared/realtime/mode"},
	},
	{
		Package: "shared/admin", What: "the namespace of the Socket.IO Admin UI",
		Imports: []string{bcrypt, "shared/realtime"},
		Tests:   []string{"shared/realtime/memstore"},
	},

	// The chat.
	{
		Package: "shared/auth", What: "verifies and issues tokens: who is asking",
		Imports: []string{oidc, jose},
	},
	{
		Package: "shared/chat", What: "the chat's rules; declares its own `Store`",
		Imports: []string{"golang.org/x/text/unicode/norm", "shared/auth", "shared/document", "shared/realtime", "shared/realtime/mode", "shared/strict"},
		Tests: []string{
			testDatabase, dynamoDB, smithy, jose,
			"shared/chat/memstore", "shared/dynamo/chatstore", "shared/dynamo/realtimestore", "shared/dynamo/schema", "shared/realtime/realtimetest",
		},
	},
	{
		Package: "shared/chat/storetest", What: "the suite that every store of the chat passes",
		Imports: []string{"shared/chat", "testing/..."},
		Tests:   []string{"shared/chat/memstore"},
	},
	{
		Package: "shared/chat/memstore", What: "the chat's store in memory, for tests",
		Imports: []string{"shared/chat"},
		Tests:   []string{"shared/chat/storetest"},
	},
	{
		Package: "shared/dynamo/chatstore", What: "the chat's store on DynamoDB",
		Imports: []string{awsTypes, dynamoDB, "shared/chat", "shared/dynamo/schema", "shared/dynamo/table"},
		Tests:   []string{testDatabase, "shared/chat/storetest", "shared/realtime"},
	},

	{
		Package: "shared/linkpreview", What: "what a web page tells of itself, fetched without reaching the inside",
		Imports: []string{"golang.org/x/net/html/..."},
		Tests:   []string{"golang.org/x/net/dns/dnsmessage"},
	},

	// An application of one's own.
	{Package: "shared/project", What: "what an application has beside its handlers, for those who run, deploy and are it", Imports: []string{"shared/names"}},
	{
		Package: "shared/confab", What: "where an application says what it has, and its program begins",
		Imports: []string{
			lambdaHandler, awsTypes, attributeValue, dynamoDB, "shared/apigw", "shared/boot", "shared/dynamo/table", "shared/names", "shared/project", "shared/realtime", "shared/wait",
		},
		Tests: []string{testDatabase, lambdaEvents},
	},

	// The functions.
	{
		Package: "functions/app", What: "**your** handlers",
		Imports: []string{"shared/realtime"},
		Tests:   []string{"shared/realtime/realtimetest"},
	},
	{
		Package: "functions/internal/application", What: "the same with the chat, the admin view and your handlers: the other five",
		Imports: []string{
			lambdaHandler, "shared/boot", "shared/admin", "shared/apigw",
			"shared/auth", "shared/chat", "shared/dynamo/chatstore", "shared/names", "shared/realtime", "shared/s3files",
		},
		Tests: []string{"shared/realtime/mode"},
	},
	{Package: "functions/connect", What: "opens connections (`$connect`)", Imports: []string{"shared/boot"}},
	{Package: "functions/message", What: "handles every message of a client (`$default`)", Imports: withApplication},
	{Package: "functions/disconnect", What: "ends what API Gateway has closed (`$disconnect`)", Imports: withApplication},
	{Package: "functions/fanout", What: "delivers to many connections", Imports: withApplication},
	{Package: "functions/sweep", What: "visits quiet connections every minute", Imports: withApplication},
	{Package: "functions/api", What: "the HTTP API", Imports: withApplication},
	{
		Package: "functions/internal/preview", What: "the function that fetches link previews, without engine and clients of AWS",
		Imports: []string{lambdaHandler, "shared/linkpreview"},
	},
	{
		Package: "functions/preview", What: "fetches link previews, where they are on",
		Imports: []string{lambdaHandler, lambdaContext, "functions/internal/preview", "shared/linkpreview"},
	},
	{
		Package: "functions", What: "all seven, for a host that runs them in its own process",
		Imports: append([]string{lambdaHandler, "functions/internal/preview", "shared/linkpreview", "shared/names", "shared/realtime"}, withApplication...),
	},

	// What is deployed.
	{
		Package: "infra/confab", What: "constructs for the AWS CDK",
		Imports: []string{cdk, constructs, jsii, nag, "shared/dynamo/schema", "shared/metrics", "shared/names", "shared/page", "shared/project", "shared/realtime/mode"},
	},
	{
		Package: "infra/deploy", What: "the stacks: of the chat, and of an application of one's own",
		Imports: []string{cdk, constructs, jsii, nag, "infra/confab", "shared/names", "shared/project", "shared/realtime/mode"},
		Tests:   []string{"shared/dynamo/schema"},
	},
	{
		Package: "infra", What: "the CDK app that `make deploy` deploys",
		Imports: []string{cdk, jsii, "infra/confab", "infra/deploy"},
	},
	{
		Package: "infra/project", What: "the CDK app that `confab deploy` deploys",
		Imports: []string{cdk, jsii, "infra/deploy"},
	},
	{
		Package: "infra/engine", What: "an example: the engine without the chat",
		Imports: []string{cdk, jsii, "infra/confab", "shared/names"},
	},

	// The local cloud, from the ground up.
	{Package: "scripts/prices", What: "what AWS charges", Imports: []string{"shared/names"}},
	{Package: "scripts/local/meter", What: "counts calls and their cost", Imports: []string{"scripts/prices"}},
	{Package: "scripts/local/policy", What: "decides whether IAM policies allow a call"},
	{Package: "scripts/local/template", What: "reads the synthesized template", Imports: []string{"scripts/local/policy"}},
	{
		Package: "scripts/local/dynamo", What: "starts the embedded DynamoDB-compatible engine, or one by Java or Docker",
		Imports: []string{awsTypes, attributeValue, dynamoDB, "golang.org/x/sync/errgroup", "shared/dynamo/schema", "shared/project", "shared/sdkhttp"},
	},
	{
		Package: "scripts/local/files", What: "stands in for S3",
		Imports: []string{awsTypes + "/...", gofakes3 + "/...", afero, "shared/s3files"},
		Tests:   []string{"shared/chat"},
	},
	{
		Package: "scripts/local/gateway", What: "stands in for API Gateway",
		Imports: []string{lambdaEvents, oidc, "github.com/gobwas/ws", "golang.org/x/time/rate", "scripts/local/meter", "shared/realtime/mode"},
		Tests:   []string{awsTypes, management, smithy, jose, "github.com/gobwas/ws/wsutil"},
	},
	{
		Package: "scripts/local/host", What: "stands in for Lambda, with functions in the same process",
		Imports: []string{lambdaEvents, uuid, "scripts/local/meter", "shared/apigw"},
		Tests:   []string{awsTypes, lambdaClient},
	},
	{
		Package: "scripts/local/queue", What: "stands in for SQS, and gives functions its messages",
		Imports: []string{lambdaEvents, uuid, "scripts/local/meter", "shared/wait"},
	},
	{Package: "scripts/local/dashboard", What: "the page at /_local/", Imports: []string{"embed"}},
	{
		Package: "scripts/local/terminal", What: "shows what happens, without its content, and the log",
		Imports: []string{"shared/engineio", "shared/socketio"},
	},
	{Package: "scripts/local/process", What: "runs the deployable binaries as Lambda does", Imports: []string{uuid}},
	{
		Package: "scripts/local/process/testdata/after", What: "a function for its tests",
		Imports: []string{lambdaHandler, "shared/apigw"},
	},
	{
		Package: "scripts/local/process/testdata/echo", What: "another",
		Imports: []string{lambdaHandler},
	},
	{
		Package: "scripts/local/endpoint", What: "the one address of all AWS services, metered",
		Imports: []string{awsTypes + "/...", "scripts/local/dynamo", "scripts/local/meter", "scripts/local/policy"},
		Tests:   []string{management, dynamoDB, lambdaClient, "shared/dynamo/schema"},
	},
	{
		Package: "scripts/local/cloud", What: "puts the local cloud together",
		Imports: []string{
			"functions", lambdaHandler, dynamoDB, "golang.org/x/time/rate", "shared/boot", "shared/dynamo/realtimestore", "shared/project", "scripts/local/dashboard", "scripts/local/dynamo", "scripts/local/endpoint", "scripts/local/files", "scripts/local/gateway", "scripts/local/host", "scripts/local/meter",
			"scripts/local/policy", "scripts/local/process", "scripts/local/queue", "scripts/local/template", "scripts/prices",
			"shared/dynamo/schema", "shared/linkpreview", "shared/names", "shared/page", "shared/realtime", "shared/realtime/store",
		},
		Tests: []string{websocket, "shared/dynamo/realtimestore"},
	},
	{
		Package: "scripts/local/apps", What: "applications for tests and examples",
		Imports: []string{awsTypes, awsConfig, dynamoDB, smithy, "functions/app", "scripts/local/dynamo", "shared/realtime"},
	},
	{
		Package: "scripts/local/apps/function", What: "a function with one of them",
		Imports: []string{lambdaHandler, "functions", "scripts/local/apps"},
	},
	{
		Package: "scripts/local", What: "the command that `make run` runs",
		Imports: []string{
			"scripts/local/apps", "scripts/local/cloud", "scripts/local/dynamo", "scripts/local/gateway", "scripts/local/policy", "scripts/local/terminal",
			"shared/linkpreview", "shared/names", "shared/realtime/mode",
		},
	},
	{
		Package: "scripts/local/conformance", What: "tests of the protocols, clause by clause",
		Tests: []string{websocket, "scripts/local/apps", "scripts/local/cloud", "scripts/local/gateway", "shared/names", "shared/realtime", "shared/realtime/mode"},
	},

	{
		Package: "scripts/simulate", What: "a simulation of the chat with faults, from seeds, and its checker",
		Tests: []string{
			"github.com/anishathalye/porcupine", awsTypes + "/...", dynamoDB, testDatabase,
			"shared/auth", "shared/chat", "shared/chat/memstore", "shared/dynamo/chatstore", "shared/dynamo/realtimestore",
			"shared/dynamo/schema", "shared/realtime", "shared/realtime/memstore", "shared/realtime/mode", "shared/realtime/store",
		},
	},

	// For applications of one's own.
	{
		Package: "scripts/confabtest", What: "runs an application in a test, at once or on a local cloud",
		Imports: []string{
			"testing", "net/http/httptest", lambdaHandler, dynamoDB, "scripts/local/cloud", "scripts/local/dynamo", "scripts/local/policy",
			"shared/boot", "shared/confab", "shared/names", "shared/project", "shared/realtime", "shared/realtime/realtimetest",
		},
		Tests: []string{"scripts/load/socket"},
	},
	{
		Package: "scripts/confab", What: "the command that makes an application, and runs it while it is written",
		Imports: []string{
			"embed", "scripts/local/dashboard", "github.com/fsnotify/fsnotify", "github.com/joho/godotenv", "golang.org/x/tools/go/packages",
			"scripts/load/socket", "scripts/local/cloud", "scripts/local/dynamo", "scripts/local/gateway", "scripts/local/terminal", "scripts/types",
			"shared/names", "shared/project", "shared/realtime/mode",
		},
	},

	{
		Package: "scripts/release", What: "makes the Go module and the npm package of a release",
		Imports: []string{"golang.org/x/mod/module", "golang.org/x/mod/semver", "golang.org/x/mod/zip"},
		Tests:   []string{"scripts/load/socket"},
	},

	// The load client.
	{
		Package: "scripts/load", What: "puts a server under load, and compares it with Socket.IO on Node",
		Imports: []string{"scripts/load/scenario", "scripts/load/server", "scripts/load/stats"},
		Tests:   []string{"scripts/local/apps", "scripts/local/cloud"},
	},
	{
		Package: "scripts/load/scenario", What: "what clients do to a server, and what is measured",
		Imports: []string{"golang.org/x/time/rate", "scripts/load/server", "scripts/load/socket", "scripts/load/stats"},
	},
	{
		Package: "scripts/load/server", What: "starts the servers, and measures what they use",
		Imports: []string{"scripts/local/dynamo", "shared/dynamo/schema"},
	},
	{
		Package: "scripts/load/socket", What: "a Socket.IO client, of which a process may have thousands",
		Imports: []string{websocket, "shared/engineio", "shared/socketio"},
		Tests:   []string{"scripts/local/apps", "scripts/local/cloud"},
	},
	{Package: "scripts/load/stats", What: "quantiles and medians"},

	// Other tools.
	{
		Package: "scripts/broadcast", What: "measures one event to very many connections",
		Imports: []string{
			websocket, "scripts/local/cloud", "scripts/local/dynamo", "scripts/local/gateway", "scripts/local/meter",
			"shared/dynamo/realtimestore", "shared/dynamo/schema", "shared/names", "shared/realtime", "shared/realtime/store", "shared/wait",
		},
	},
	{Package: "scripts/layout", What: "checks imports, sizes and documents"},
	{
		Package: "scripts/canary", What: "learns what a deployed API Gateway does with an empty route response",
		Imports: []string{websocket, "shared/engineio", "shared/realtime/mode"},
		Tests:   []string{"scripts/local/cloud", "scripts/local/gateway", "shared/names"},
	},
	{Package: "scripts/site/reference", What: "writes the Go reference of the documentation's site"},
	{Package: "scripts/typescript", What: "writes parts of TypeScript modules"},
	{
		Package: "scripts/describe", What: "makes the OpenAPI and AsyncAPI documents, and the types of the client",
		Imports: []string{"github.com/invopop/jsonschema", "scripts/typescript", "shared/chat", "shared/realtime", "shared/strict"},
	},
	{
		Package: "scripts/types", What: "makes the TypeScript types and the AsyncAPI document of an application from its code",
		Imports: []string{"golang.org/x/tools/go/packages", "golang.org/x/tools/go/types/typeutil", "scripts/typescript", "shared/realtime"},
	},
	{Package: "scripts/adminhash", What: "makes the hash of the admin's password", Imports: []string{bcrypt}},
	{
		Package: "scripts/cost", What: "calculates what a workload costs",
		Imports: []string{"scripts/prices", "shared/names", "shared/realtime/mode"},
		Tests:   []string{awsTypes, lambdaClient, websocket, "scripts/local/cloud", "scripts/local/meter", "shared/chat", "shared/linkpreview", "shared/metrics", "shared/realtime", "shared/realtime/store", "shared/wait"},
	},
}

// withApplication is what a function with an application imports.
var withApplication = []string{"functions/app", "functions/internal/application", "shared/boot"}
