// Package names has the names that the functions, the CDK stack and the local cloud share:
// those of functions and environment variables. It has constants only, so that importing
// it costs nothing.
package names

// The functions. Each is also the name of the folder of its main, below functions/.
const (
	Connect    = "connect"
	Disconnect = "disconnect"
	Message    = "message"
	Fanout     = "fanout"
	Sweep      = "sweep"
	API        = "api"
	// Preview is only there if link previews are on.
	Preview = "preview"
)

// Functions lists the functions that every chat has, in the order of a connection's life.
func Functions() []string {
	return []string{Connect, Message, Disconnect, Fanout, Sweep, API}
}

// Environment variables that a function reads, besides AWS's own: AWS_REGION, the
// credentials, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>.
const (
	// EnvFunction says which function a program is that has all of an application's: one of the names
	// above, or one of package project.
	EnvFunction = "CONFAB_FUNCTION"
	// EnvDeclare has such a program print what the application has, as JSON, instead. See project.Project.
	EnvDeclare = "CONFAB_DECLARE"
	// EnvSecretsVersion is in the environment so that a deployment with another one reads an application's
	// secrets anew. No function reads it.
	EnvSecretsVersion = "CONFAB_SECRETS_VERSION"
	// EnvRealtimeTable and EnvChatTable name the two DynamoDB tables. Without EnvChatTable
	// there is no chat, only the application of functions/app.
	EnvRealtimeTable = "CONFAB_REALTIME_TABLE"
	EnvChatTable     = "CONFAB_CHAT_TABLE"
	// EnvManagementEndpoint is the base URL of @connections, without "/@connections":
	// https://{api}.execute-api.{region}.amazonaws.com/{stage}.
	EnvManagementEndpoint = "CONFAB_MANAGEMENT_ENDPOINT"
	// EnvFanoutQueue is the URL of the queue for large fan-outs. Empty: the function that emits posts
	// everything itself.
	EnvFanoutQueue = "CONFAB_FANOUT_QUEUE"
	// EnvPostsPerSecond is how many posts a second all large fan-outs make together. Empty: 6,000.
	// EnvPostDeadline is how long one that API Gateway refuses is repeated, as a Go duration. Empty: 30
	// seconds. See realtime.Pace.
	EnvPostsPerSecond = "CONFAB_POSTS_PER_SECOND"
	EnvPostDeadline   = "CONFAB_POST_DEADLINE"
	// EnvPreviewFunction is the name or ARN of the function that fetches link previews. Empty: they
	// are off.
	EnvPreviewFunction = "CONFAB_PREVIEW_FUNCTION"
	// EnvAllowedOrigins is a comma-separated list of origins that may open a connection. "*"
	// allows every origin. Empty: only clients without an Origin may.
	EnvAllowedOrigins = "CONFAB_ALLOWED_ORIGINS"
	// EnvHeaders is a comma-separated list of further headers to keep in the handshake; see
	// realtime.Options.Headers.
	EnvHeaders = "CONFAB_HEADERS"
	// EnvGuestSecret signs and verifies guest tokens. Empty: guests are off.
	EnvGuestSecret = "CONFAB_GUEST_SECRET"
	// EnvCallTimeout is how long one attempt of a call of AWS may take, as a Go duration. Empty:
	// two seconds, which is long on AWS. A busy machine that is all of AWS needs more.
	EnvCallTimeout = "CONFAB_CALL_TIMEOUT"
	// EnvMaxSockets bounds the sockets that one user of the chat may have at a time. Empty: 20.
	EnvMaxSockets = "CONFAB_MAX_SOCKETS"
	// EnvPresence says who is told of the presence of the chat's people; see mode.Presence.
	// EnvPresenceGrace is how long a person whose line was lost may be gone before others are
	// told, as a Go duration. Empty: 20 seconds.
	EnvPresence      = "CONFAB_PRESENCE"
	EnvPresenceGrace = "CONFAB_PRESENCE_GRACE"
	// EnvGuestSignIns bounds the guests who sign in from one address in ten minutes. Empty: 20.
	EnvGuestSignIns = "CONFAB_GUEST_SIGN_INS"
	// EnvDeliveriesBurst and EnvDeliveriesPerSecond bound what one user makes the chat do; see
	// chat.Budget. Empty: 2,000 and 100.
	EnvDeliveriesBurst     = "CONFAB_DELIVERIES_BURST"
	EnvDeliveriesPerSecond = "CONFAB_DELIVERIES_PER_SECOND"
	// EnvFilesBucket names the bucket of S3 for attachments. Empty: there are none.
	EnvFilesBucket = "CONFAB_FILES_BUCKET"
	// EnvFileTypes is a comma-separated list of media types that may be attached, as "image/*".
	// Empty: all. "none": nothing more is uploaded. EnvMaxFile bounds a file, in kilobytes. Empty:
	// 10,000.
	EnvFileTypes = "CONFAB_FILE_TYPES"
	EnvMaxFile   = "CONFAB_MAX_FILE"
	// EnvSweepEvery is the time between two runs of the sweep, as a Go duration. Empty: one
	// minute. Nine runs visit every connection once.
	EnvSweepEvery = "CONFAB_SWEEP_EVERY"
	// EnvHeartbeat is what the sweep sends; see mode.Heartbeat.
	EnvHeartbeat = "CONFAB_HEARTBEAT"
	// EnvPingInterval, EnvPingTimeout, EnvConnectTimeout and EnvLifetime are the engine's
	// deadlines, as Go durations. Empty: the engine's defaults.
	EnvPingInterval   = "CONFAB_PING_INTERVAL"
	EnvPingTimeout    = "CONFAB_PING_TIMEOUT"
	EnvConnectTimeout = "CONFAB_CONNECT_TIMEOUT"
	EnvLifetime       = "CONFAB_LIFETIME"
	// EnvRecovery is the window of connection state recovery, as a Go duration. Empty: off.
	// EnvRecoverySkipMiddlewares, if "true", admits recovered sockets without running the
	// middlewares again.
	EnvRecovery                = "CONFAB_RECOVERY"
	EnvRecoverySkipMiddlewares = "CONFAB_RECOVERY_SKIP_MIDDLEWARES"
	// EnvOIDCIssuer is the URL of the OpenID Connect issuer whose tokens are accepted, and
	// EnvOIDCAudience the audience that they must have (for Cognito, a client id). Empty:
	// sign-in with an identity provider is off.
	EnvOIDCIssuer   = "CONFAB_OIDC_ISSUER"
	EnvOIDCAudience = "CONFAB_OIDC_AUDIENCE"
	// EnvAdmin is the admin of the namespace /admin: "NAME:HASH", with the bcrypt hash of the
	// password. Empty: the namespace is off.
	EnvAdmin = "CONFAB_ADMIN"
	// EnvAdminSecret signs the sessions of admins: 32 random bytes or more.
	EnvAdminSecret = "CONFAB_ADMIN_SECRET"
	// EnvDispatch says how messages of one connection reach the functions; see
	// mode.Dispatch.
	EnvDispatch = "CONFAB_DISPATCH"
	// EnvRouteResponse says what API Gateway does with an empty route response; see
	// mode.RouteResponse.
	EnvRouteResponse = "CONFAB_ROUTE_RESPONSE"
	// EnvMetrics is how functions report metrics: "emf" writes CloudWatch's embedded metric
	// format to the log. Empty: metrics are off.
	EnvMetrics = "CONFAB_METRICS"
	// EnvStack is the name of the stack, by which its metrics are told from those of others.
	EnvStack = "CONFAB_STACK"
	// EnvClientErrors is how what clients do wrong is logged; see mode.ClientErrors.
	EnvClientErrors = "CONFAB_CLIENT_ERRORS"
	// EnvLogLevel is a log/slog level: debug, info (the default), warn, error.
	EnvLogLevel = "CONFAB_LOG_LEVEL"
)
