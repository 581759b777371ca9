// Command local is the local cloud: the whole system in one program, without an
// account. It prints "ready http://localhost:PORT" when it takes connections, and
// ends with Ctrl-C.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/confab-chat/confab/scripts/local/apps"
	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/shared/names"
)

func main() {
	err := run(os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "confab:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	var (
		o        cloud.Options
		app      string
		dispatch string
		// requestTimes is about what AWS does not say: see the gateway.
		requestTimes string
		// routeResponse too.
		routeResponse string
		recovery      window
		quiet         bool
		quotas        bool
		host          string
		heartbeat     string
		functions     string
	)
	flags.StringVar(&port, "port", port, "port; 0 takes a free one (also from PORT)")
	flags.StringVar(&host, "host", "localhost", "address to listen on")
	flags.StringVar(&o.Web, "web", "web/dist", "folder of the web page")
	flags.StringVar(&o.DynamoDB, "dynamodb", "", "URL of a DynamoDB-compatible database instead of the embedded one")
	flags.StringVar(&o.Data, "data", "", "folder that keeps the data; without it nothing is kept")
	flags.StringVar(&app, "app", apps.Chat, "application: "+strings.Join(apps.Names(), ", "))
	flags.StringVar(&dispatch, "dispatch", "", "how messages of one connection are handled: concurrent or serial (default concurrent, but serial in the conformance app)")
	flags.StringVar(&requestTimes, "request-times", string(gateway.DistinctTimes), "request times of one connection's messages: distinct or clock (two may be equal)")
	flags.StringVar(&routeResponse, "route-response", "", "what goes back of an answer to a message: every, also an empty one, or filled (default every, but filled in the conformance app)")
	flags.DurationVar(&o.Gateway.IdleTimeout, "idle-timeout", 0, "API Gateway's idle timeout (default 10m)")
	flags.DurationVar(&o.Gateway.Lifetime, "lifetime", 0, "API Gateway's limit of a connection's life (default 2h)")
	flags.DurationVar(&o.Gateway.IntegrationTimeout, "integration-timeout", 0, "API Gateway's integration timeout (default 29s)")
	flags.BoolVar(&quotas, "quotas", false, "keep to an AWS account's rates: 10,000 requests and 500 new connections a second")
	flags.DurationVar(&o.SweepEvery, "sweep-every", 0, "time between two sweeps; a connection hears one in nine (default 1m)")
	flags.StringVar(&heartbeat, "heartbeat", "", "what the sweep sends: alternate, ping or noop (default alternate)")
	flags.DurationVar(&o.PingInterval, "ping-interval", 0, "time between two pings, from a few milliseconds up (default 18m)")
	flags.DurationVar(&o.PingTimeout, "ping-timeout", 0, "how long a client and the server wait after a missed ping or pong (default 90s)")
	flags.DurationVar(&o.ConnectTimeout, "connect-timeout", 0, "how long a connection may stay without a socket (default 45s)")
	flags.Var(&recovery, "recovery", "connection state recovery: true (for two minutes), false, or for how long (default true in the conformance app only)")
	flags.StringVar(&functions, "functions", "inprocess", "how functions run: inprocess, or process (the binaries of -binaries over the Lambda Runtime API)")
	flags.StringVar(&o.Binaries, "binaries", defaultBinaries(), "folder of the functions' binaries for this machine")
	flags.StringVar(&o.Template, "template", "", "CloudFormation template of a cloud assembly, to run instead of the built-in deployment")
	flags.BoolVar(&quiet, "quiet", false, "no request log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	chosen, err := apps.Find(app)
	if err != nil {
		return err
	}
	o.App, o.WithoutChat = chosen.Register, chosen.WithoutChat
	if chosen.LikeAServer {
		dispatch = cmp.Or(dispatch, string(gateway.Serial))
		routeResponse = cmp.Or(routeResponse, string(gateway.FilledRouteResponse))
	}
	switch o.Gateway.Dispatch = gateway.Dispatch(dispatch); o.Gateway.Dispatch {
	case "", gateway.Concurrent, gateway.Serial:
	default:
		return fmt.Errorf("-dispatch is concurrent or serial, not %q", dispatch)
	}
	switch o.Gateway.RouteResponse = gateway.RouteResponse(routeResponse); o.Gateway.RouteResponse {
	case "", gateway.EveryRouteResponse, gateway.FilledRouteResponse:
	default:
		return fmt.Errorf("-route-response is every or filled, not %q", routeResponse)
	}
	switch o.Gateway.RequestTimes = gateway.RequestTimes(requestTimes); o.Gateway.RequestTimes {
	case gateway.DistinctTimes, gateway.ClockTimes:
	default:
		return fmt.Errorf("-request-times is distinct or clock, not %q", requestTimes)
	}
	switch functions {
	case "inprocess":
		o.Binaries = ""
	case "process":
	default:
		return fmt.Errorf("-functions is inprocess or process, not %q", functions)
	}
	o.Address = net.JoinHostPort(host, port)
	o.Environment = map[string]string{apps.EnvApp: app}
	if recovery.on() || !recovery.set && chosen.LikeAServer {
		o.Environment[names.EnvRecovery] = recovery.String()
	}
	if heartbeat != "" {
		o.Environment[names.EnvHeartbeat] = heartbeat
	}
	for _, name := range []string{names.EnvGuestSecret, names.EnvOIDCIssuer, names.EnvOIDCAudience, names.EnvAdmin} {
		if value := os.Getenv(name); value != "" {
			o.Environment[name] = value
		}
	}
	if o.Gateway.Lifetime != 0 {
		o.Environment[names.EnvLifetime] = o.Gateway.Lifetime.String()
	}
	if quotas {
		o.Gateway.Quotas = gateway.AccountQuotas
	}
	level := slog.LevelWarn
	if !quiet {
		o.Gateway.Trace, o.Gateway.Describe = trace(os.Stderr), describe
	}
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	c, err := cloud.Start(ctx, o)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port %s is taken: set another with PORT=3001", port)
		}
		return err
	}
	fmt.Println("ready", c.URL())
	<-ctx.Done()
	stop() // a second Ctrl-C ends at once
	err = c.Close(context.Background())
	if !quiet {
		fmt.Fprintln(os.Stderr)
		err = errors.Join(err, c.Meter().Report().Print(os.Stderr))
		printUnused(os.Stderr, c.Unused())
	}
	return err
}

// defaultBinaries is where `make` builds the functions for this machine.
func defaultBinaries() string {
	if runtime.GOARCH == "amd64" {
		return "build/functions-x86_64"
	}
	return "build/functions"
}

// printUnused lists the grants of a template that nothing has used.
func printUnused(w io.Writer, unused map[string][]policy.Grant) {
	for _, function := range slices.Sorted(maps.Keys(unused)) {
		for _, g := range unused[function] {
			fmt.Fprintf(w, "unused grant: %s  %s on %s\n", function, g.Action, g.Resource)
		}
	}
}
