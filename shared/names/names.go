// Package names holds the words on which the functions, the CDK stack and the
// local cloud must agree: function names and environment variables. It is
// constants only, so that every side can import it without weight.
package names

// Functions, by the folder under functions/ that holds their main.
const (
	Connect    = "connect"
	Disconnect = "disconnect"
	Message    = "message"
	Fanout     = "fanout"
	Sweep      = "sweep"
	API        = "api"
)

// Functions lists every function, in the order of a connection's life.
func Functions() []string {
	return []string{Connect, Message, Disconnect, Fanout, Sweep, API}
}

// Environment variables that a function reads. AWS's own (AWS_REGION, the
// credentials, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>) keep their
// meaning and are not repeated here.
const (
	// EnvRealtimeTable and EnvChatTable name the two DynamoDB tables. Without the
	// latter there is no chat, only the application of functions/app.
	EnvRealtimeTable = "CONFAB_REALTIME_TABLE"
	EnvChatTable     = "CONFAB_CHAT_TABLE"
	// EnvManagementEndpoint is the base URL of @connections, without the
	// "/@connections" part: https://{api}.execute-api.{region}.amazonaws.com/{stage}.
	EnvManagementEndpoint = "CONFAB_MANAGEMENT_ENDPOINT"
	// EnvFanoutFunction is the name or ARN of the function that takes over large
	// fan-outs. Empty: everything is posted by the function that emits.
	EnvFanoutFunction = "CONFAB_FANOUT_FUNCTION"
	// EnvAllowedOrigins is a comma-separated list of origins that may open a
	// connection; "*" allows every one, and empty only clients without an Origin.
	EnvAllowedOrigins = "CONFAB_ALLOWED_ORIGINS"
	// EnvGuestSecret signs and verifies guest tokens. Empty: guests are off.
	EnvGuestSecret = "CONFAB_GUEST_SECRET"
	// EnvMaxSockets bounds the sockets that one user of the chat may have at a time; empty
	// means 1,000.
	EnvMaxSockets = "CONFAB_MAX_SOCKETS"
	// EnvSweepEvery is the time between two runs of the sweep as a Go duration;
	// empty means one minute. The nine slots of the heartbeat follow from it.
	EnvSweepEvery = "CONFAB_SWEEP_EVERY"
	// EnvHeartbeat is what the sweep sends; see mode.Heartbeat.
	EnvHeartbeat = "CONFAB_HEARTBEAT"
	// EnvPingInterval, EnvPingTimeout, EnvConnectTimeout and EnvLifetime are the
	// engine's deadlines as Go durations; empty means its defaults.
	EnvPingInterval   = "CONFAB_PING_INTERVAL"
	EnvPingTimeout    = "CONFAB_PING_TIMEOUT"
	EnvConnectTimeout = "CONFAB_CONNECT_TIMEOUT"
	EnvLifetime       = "CONFAB_LIFETIME"
	// EnvRecovery is the window of connection state recovery as a Go duration; empty
	// means off. EnvRecoverySkipMiddlewares, if "true", admits recovered sockets
	// without asking the middlewares again.
	EnvRecovery                = "CONFAB_RECOVERY"
	EnvRecoverySkipMiddlewares = "CONFAB_RECOVERY_SKIP_MIDDLEWARES"
	// EnvOIDCIssuer is the URL of the OpenID Connect issuer whose tokens are accepted,
	// and EnvOIDCAudience the audience (a client id, for Cognito) that they must
	// name. Empty: nobody signs in this way.
	EnvOIDCIssuer   = "CONFAB_OIDC_ISSUER"
	EnvOIDCAudience = "CONFAB_OIDC_AUDIENCE"
	// EnvAdmin turns the namespace /admin on: "NAME:HASH" with the bcrypt hash of the
	// password. Empty: off.
	EnvAdmin = "CONFAB_ADMIN"
	// EnvDispatch says how messages of one connection reach the functions; see
	// mode.Dispatch.
	EnvDispatch = "CONFAB_DISPATCH"
	// EnvRouteResponse says what API Gateway does with an empty route response; see
	// mode.RouteResponse.
	EnvRouteResponse = "CONFAB_ROUTE_RESPONSE"
	// EnvMetrics says how functions tell what they count: "emf" writes CloudWatch's
	// embedded metric format to the log. Empty: not at all.
	EnvMetrics = "CONFAB_METRICS"
	// EnvLogLevel is a log/slog level: debug, info (the default), warn, error.
	EnvLogLevel = "CONFAB_LOG_LEVEL"
)
