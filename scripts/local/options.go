package main

import (
	"cmp"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"

	"github.com/confab-chat/confab/scripts/local/apps"
	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/terminal"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// options are the command line.
type options struct {
	host, port string
	app        string
	rootAuth   bool
	functions  runner
	binaries   string
	heartbeat  mode.Heartbeat
	presence   mode.Presence
	previews   previews
	recovery   window
	throttle   gateway.Throttle
	quotas     bool
	install    bool
	quiet      bool
	verbose    bool
	// settings are the functions' variables that flags set as they are.
	settings map[string]string
	// cloud has what the other flags set directly.
	cloud cloud.Options
}

// runner says how functions run.
type runner string

const (
	// inProcess runs them in this process.
	inProcess runner = "inprocess"
	// asProcesses runs their binaries over the Lambda Runtime API.
	asProcesses runner = "process"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *runner) UnmarshalText(text []byte) error {
	return mode.Parse(r, text, inProcess, asProcesses)
}

// MarshalText implements encoding.TextMarshaler.
func (r runner) MarshalText() ([]byte, error) { return []byte(r), nil }

// parse reads the command line.
func parse(args []string) (*options, error) {
	o, flags := newOptions()
	if err := flags.Parse(joinWindow("recovery", args)); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	if !o.rootAuth {
		if o.app != apps.Suites {
			return nil, fmt.Errorf("-root-auth=false is for -app %s", apps.Suites)
		}
		o.app = apps.WithoutRootAuth
	}
	return o, nil
}

// chatPage is the folder of the chat's built page.
const chatPage = "web/dist"

// newOptions returns the options that the flags set.
func newOptions() (*options, *flag.FlagSet) {
	o := &options{}
	limits, c := &o.cloud.Gateway, &o.cloud
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.StringVar(&o.port, "port", cmp.Or(os.Getenv("PORT"), "3000"), "port; 0 takes a free one (also from PORT)")
	flags.StringVar(&o.host, "host", "localhost", "address to listen on")
	flags.StringVar(&o.app, "app", apps.Chat, "application: "+strings.Join(apps.Names(), ", "))
	flags.BoolVar(&o.rootAuth, "root-auth", true, `whether the conformance app emits "auth" in the root namespace, as the protocol's suite expects; the client's suite expects false`)
	flags.StringVar(&c.Web, "web", chatPage, "folder of the web page; another one is served without the Content-Security-Policy of the chat's")
	flags.StringVar(&c.DynamoDB, "dynamodb", "", "URL of a DynamoDB-compatible database to use instead of the embedded one")
	flags.BoolVar(&o.install, "install", false, "install a database for this user, unless there is one, and end; "+dynamo.EnvEngine+" chooses one: "+strings.Join(dynamo.Engines(), ", "))
	flags.StringVar(&c.Data, "data", "", "folder that keeps the data (default none: data is lost at the end)")
	flags.TextVar(&o.functions, "functions", inProcess, "how functions run: inprocess, or process (the binaries in -binaries, over the Lambda Runtime API)")
	flags.StringVar(&o.binaries, "binaries", defaultBinaries(), "folder of the functions' binaries for this machine")
	flags.StringVar(&c.Template, "template", "", "CloudFormation template of a cloud assembly to run instead of the built-in deployment")
	flags.BoolVar(&o.quiet, "quiet", false, "print no request log")
	flags.BoolVar(&o.verbose, "v", false, "print what clients sent where they did something wrong")

	flags.TextVar(&limits.Dispatch, "dispatch", mode.Dispatch(""), "how messages of one connection are handled: concurrent or serial (default concurrent; serial in the conformance app)")
	flags.TextVar(&limits.RequestTimes, "request-times", gateway.DistinctTimes, "request times of one connection's messages: distinct, or clock (two may be equal)")
	flags.TextVar(&limits.RouteResponse, "route-response", mode.RouteResponse(""), "whether empty route responses are sent as empty frames: every or filled (default every; filled in the conformance app)")
	flags.DurationVar(&limits.IdleTimeout, "idle-timeout", 0, "API Gateway's idle timeout (default 10m)")
	flags.DurationVar(&limits.Lifetime, "lifetime", 0, "how long API Gateway keeps a connection at most (default 2h)")
	flags.DurationVar(&limits.IntegrationTimeout, "integration-timeout", 0, "API Gateway's integration timeout (default 29s)")
	flags.TextVar(&o.throttle, "throttle", gateway.Throttle{}, "requests a second to each API, and the size of a burst (half of them): 5000,2500; messages above get API Gateway's error frame (default as the template says, or no bound)")
	flags.IntVar(&c.Concurrency, "concurrency", 0, "how many functions may run at once; more are throttled, as in an account of AWS (default no bound)")
	flags.BoolVar(&c.EventsTwice, "events-twice", false, "deliver each event of a schedule twice, as EventBridge may")
	flags.BoolVar(&o.quotas, "quotas", false, "apply an AWS account's quotas: 10,000 requests and 500 new connections a second")

	flags.DurationVar(&c.SweepEvery, "sweep-every", 0, "time between two sweeps; each visits one connection in nine (default 1m)")
	flags.TextVar(&o.heartbeat, "heartbeat", mode.Heartbeat(""), "what the sweep sends: alternate, ping or noop (default alternate)")
	flags.TextVar(&o.presence, "presence", mode.Presence(""), "who is told that people of the chat come and go: watchers, everyone or off (default watchers)")
	flags.TextVar(&o.previews, "link-previews", noPreviews, "what links in messages lead to: off, public (pages of the public web are fetched), or local (those of this machine too, for tests)")
	flags.DurationVar(&c.PingInterval, "ping-interval", 0, "time between two pings, a few milliseconds or more (default 18m)")
	flags.DurationVar(&c.PingTimeout, "ping-timeout", 0, "how long client and server wait after a missed ping or pong (default 90s)")
	flags.DurationVar(&c.ConnectTimeout, "connect-timeout", 0, "how long a connection may stay without a socket (default 45s)")
	flags.Var(&o.recovery, "recovery", "connection state recovery: true (for two minutes), false, or a duration (default false; true in the conformance app)")
	o.settings = settingFlags(flags)
	return o, flags
}

// cloudOptions returns the options of the cloud that the command line asks for.
func (o *options) cloudOptions() (cloud.Options, error) {
	app, err := apps.Find(o.app)
	if err != nil {
		return cloud.Options{}, err
	}
	c := o.cloud
	c.Address = net.JoinHostPort(o.host, o.port)
	c.App, c.WithoutChat = app.Register, app.WithoutChat
	c.OwnPage = c.Web != chatPage
	if o.functions == asProcesses {
		c.Binaries = o.binaries
	}
	c.LinkPreviews = o.previews.options()
	if app.LikeAServer {
		c.Gateway.Dispatch = cmp.Or(c.Gateway.Dispatch, mode.Serial)
		c.Gateway.RouteResponse = cmp.Or(c.Gateway.RouteResponse, mode.FilledRouteResponse)
	}
	c.Gateway.Throttle, c.Gateway.HTTPThrottle = o.throttle, o.throttle
	if o.quotas {
		c.Gateway.Quotas = gateway.AccountQuotas
	}
	if !o.quiet {
		c.Gateway.Trace, c.Gateway.Describe = terminal.Trace(os.Stderr), terminal.Describe
	}
	c.Environment, c.Isolate = o.environment(app), true
	level := slog.LevelWarn
	if text := o.settings[names.EnvLogLevel]; text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return cloud.Options{}, fmt.Errorf("%q is no level of a log: choose debug, info, warn or error", text)
		}
	}
	c.Log = slog.New(terminal.NewHandler(os.Stderr, level))
	return c, nil
}

// environment returns what the options add to the functions' environment.
func (o *options) environment(app apps.App) map[string]string {
	environment := map[string]string{apps.EnvApp: o.app}
	set := func(name, value string) {
		if value != "" {
			environment[name] = value
		}
	}
	set(names.EnvHeartbeat, string(o.heartbeat))
	set(names.EnvPresence, string(o.presence))
	set(names.EnvClientErrors, string(mode.LoudClientErrors))
	if o.verbose {
		set(names.EnvClientErrors, string(mode.VerboseClientErrors))
	}
	switch {
	case o.recovery.on() || !o.recovery.set && app.LikeAServer:
		set(names.EnvRecovery, o.recovery.String())
	case o.recovery.set:
		environment[names.EnvRecovery] = "" // off, whatever a template says
	}
	if o.cloud.Gateway.Lifetime != 0 {
		set(names.EnvLifetime, o.cloud.Gateway.Lifetime.String())
	}
	for name, value := range o.settings {
		set(name, value)
	}
	return environment
}

// defaultBinaries is where `make` builds the functions for this machine.
func defaultBinaries() string {
	if runtime.GOARCH == "amd64" {
		return "build/functions-x86_64"
	}
	return "build/functions"
}
