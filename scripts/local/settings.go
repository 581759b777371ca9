package main

import (
	"flag"
	"os"

	"github.com/confab-chat/confab/shared/names"
)

// setting is a variable of the functions that a flag sets. Without the flag, it is this
// process's own variable of that name.
type setting struct{ flag, variable, usage string }

var settings = []setting{
	{"guest-secret", names.EnvGuestSecret, "secret that signs guests' tokens (default a new one, or that in -data)"},
	{"oidc-issuer", names.EnvOIDCIssuer, "URL of the OpenID Connect issuer whose tokens are accepted (default none)"},
	{"oidc-audience", names.EnvOIDCAudience, "audience that the issuer's tokens must have"},
	{"admin", names.EnvAdmin, "admin of the namespace /admin, as NAME:HASH (default none; see docs/admin.md)"},
	{"admin-secret", names.EnvAdminSecret, "secret that signs the sessions of admins (default a new one, or that in -data)"},
	{"allowed-origins", names.EnvAllowedOrigins, "origins that may open a connection, separated by commas (default all)"},
	{"headers", names.EnvHeaders, "further headers to keep in the handshake, separated by commas; * keeps all"},
	{"max-sockets", names.EnvMaxSockets, "how many sockets one user of the chat may have at a time (default 20)"},
	{"guest-sign-ins", names.EnvGuestSignIns, "how many guests may sign in from one address in ten minutes (default 1000000: all are at one address here)"},
	{"deliveries-burst", names.EnvDeliveriesBurst, "how many deliveries one user of the chat may cause at once (default 2000)"},
	{"deliveries-per-second", names.EnvDeliveriesPerSecond, "how many deliveries a second one user may cause after that (default 100)"},
	{"max-file", names.EnvMaxFile, "the largest file that may be attached, in kilobytes (default 10000)"},
	{"file-types", names.EnvFileTypes, "media types that may be attached, separated by commas; none: no uploads (default all)"},
	{"presence-grace", names.EnvPresenceGrace, "how long a person whose line was lost may be gone before others are told (default 20s)"},
	{"posts-per-second", names.EnvPostsPerSecond, "how many posts a second all large fan-outs make together (default 6000)"},
	{"post-deadline", names.EnvPostDeadline, "how long a post of a large fan-out is repeated that is refused (default 30s)"},
	{"call-timeout", names.EnvCallTimeout, "how long one attempt of a function's call may take (default 2s)"},
	{"recovery-skip-middlewares", names.EnvRecoverySkipMiddlewares, "true: recovered sockets are admitted without the middlewares"},
	{"metrics", names.EnvMetrics, "emf: functions write metrics in CloudWatch's embedded metric format"},
	{"log-level", names.EnvLogLevel, "lines of the log from this level on: debug, info, warn or error (default warn)"},
}

// settingFlags adds the flags of the settings. They write into the result, which has the
// variables of this process at first.
func settingFlags(flags *flag.FlagSet) map[string]string {
	values := map[string]string{}
	for _, s := range settings {
		if value := os.Getenv(s.variable); value != "" {
			values[s.variable] = value
		}
		flags.Func(s.flag, s.usage+"; also from "+s.variable, func(value string) error {
			values[s.variable] = value
			return nil
		})
	}
	return values
}
