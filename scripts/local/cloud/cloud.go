// Package cloud puts the local cloud together: gateway, functions, database, meter.
// Enter at [Start].
package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/confab-chat/confab/functions"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/endpoint"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/host"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/process"
	"github.com/confab-chat/confab/shared/realtime"
)

// Options configure a Cloud. Every zero value is a default that works.
type Options struct {
	// Address is where people reach it: a free port of localhost.
	Address string
	// Web is the folder of the web page; without it there is none.
	Web string
	// DynamoDB is the URL of a DynamoDB-compatible database, which is asked with the
	// credentials and region of AWS's environment variables if there are any. Empty:
	// the embedded engine.
	DynamoDB string
	// Data is a folder that keeps the data of the embedded engine and the secret that
	// signs guests. Empty: nothing is kept.
	Data string
	// App registers the application's handlers: functions/app.
	App func(*realtime.Server)
	// WithoutChat leaves the application alone on the engine, without an HTTP API.
	WithoutChat bool
	// Binaries is the folder of the functions' binaries for this machine, which then
	// run as processes. Empty: the functions run in this process.
	Binaries string
	// Template is the CloudFormation template of a cloud assembly: everything is what it
	// says, and the functions are its binaries.
	Template string
	// Environment adds to the functions' environment, or replaces some of it.
	Environment map[string]string
	// Deadlines are the engine's. SweepEvery is the time between two sweeps: what the
	// deadlines need, and at most a minute.
	Deadlines
	SweepEvery time.Duration
	// Gateway are the gateway's limits and dispatch; what connects it to the rest is
	// filled in.
	Gateway gateway.Options
	// RetryDelays are those of asynchronous invocations; see package host.
	RetryDelays []time.Duration
	// Intercept lets faults into the functions' calls.
	Intercept func(endpoint.Call) endpoint.Fault
	Log       *slog.Logger
}

// Cloud is a running local cloud.
type Cloud struct {
	url        string
	management string
	meter      *meter.Meter
	engine     *dynamo.Engine
	host       *host.Host
	gateway    *gateway.Gateway
	endpoint   *endpoint.Endpoint
	processes  []*process.Function
	// roles are those of the functions of a template.
	roles map[string]*policy.Role
	// public is what people reach, and private what functions reach.
	public, private *http.Server
	serving         sync.WaitGroup
}

// Start starts a local cloud. It ends with Close.
func Start(ctx context.Context, o Options) (c *Cloud, err error) {
	c = &Cloud{meter: &meter.Meter{}, roles: map[string]*policy.Role{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close(context.WithoutCancel(ctx)))
			c = nil
		}
	}()
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.SweepEvery == 0 && (o.Template == "" || o.Deadlines != Deadlines{}) {
		o.SweepEvery = o.sweepEvery()
	}
	database, account := o.DynamoDB, dynamo.EnvironmentAccount()
	if database == "" {
		account = dynamo.Local
		if c.engine, err = dynamo.Start(ctx, dynamo.Options{Dir: o.Data}); err != nil {
			return c, err
		}
		database = c.engine.URL()
	}
	target, err := url.Parse(database)
	if err != nil {
		return c, fmt.Errorf("the database's address: %w", err)
	}
	secret, err := guestSecret(o.Data)
	if err != nil {
		return c, err
	}

	public, err := listen(o.Address)
	if err != nil {
		return c, err
	}
	aws, err := listen("127.0.0.1:0")
	if err != nil {
		_ = public.Close()
		return c, err
	}
	c.url = "http://localhost:" + strconv.Itoa(public.Addr().(*net.TCPAddr).Port)
	awsURL := "http://" + aws.Addr().String()

	d, err := deploy(o, addresses{awsURL, secret})
	if err == nil {
		err = dynamo.CreateTables(ctx, dynamo.Client(database, account), d.tables)
	}
	if err != nil {
		_, _ = public.Close(), aws.Close()
		return c, err
	}
	handlers, durations, callers := map[string]host.Handler{}, map[string]time.Duration{}, map[string]string{}
	async := map[string]host.Async{}
	for _, f := range d.functions {
		callers[Key(f.name)] = f.name
		durations[f.name], async[f.name] = f.timeout, f.async
		if handlers[f.name], err = c.function(f, o); err != nil {
			_, _ = public.Close(), aws.Close()
			return c, err
		}
	}
	c.host = host.New(host.Options{Functions: handlers, Timeouts: durations, Async: async, RetryDelays: o.RetryDelays, Meter: c.meter, Log: o.Log})
	o.Gateway.Functions, o.Gateway.Meter, o.Gateway.Log = c.host, c.meter, o.Log
	o.Gateway.Routes, o.Gateway.Stage = d.routes, d.stage
	c.gateway = gateway.New(o.Gateway)
	c.management = awsURL + "/" + d.stage
	c.endpoint = endpoint.New(endpoint.Endpoint{
		DynamoDB:   target,
		Account:    account,
		Management: http.HandlerFunc(c.gateway.ServeManagement),
		Lambda:     c.host,
		Meter:      c.meter,
		Callers:    callers,
		Authorize:  d.authorize(c.roles),
		Intercept:  o.Intercept,
	})
	c.private = c.serve(aws, c.endpoint, o.Log)
	c.public = c.serve(gateway.Listener(public), c.front(o), o.Log)
	for name, every := range d.schedules {
		c.host.Schedule(name, every)
	}
	return c, nil
}

// function makes what runs a function.
func (c *Cloud) function(f function, o Options) (host.Handler, error) {
	if f.role != nil {
		c.roles[f.name] = f.role
	}
	log := o.Log.With("function", f.name)
	if f.binary != "" {
		if err := process.Check(f.binary); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.name, err)
		}
		p := process.New(process.Options{
			Name: f.name, Binary: f.binary, Environment: f.environment, MemoryMB: f.memoryMB, Concurrency: f.reserved,
			Line: forward(log), Worked: func(d time.Duration) { c.meter.Worked(f.name, d) },
		})
		c.processes = append(c.processes, p)
		return p, nil
	}
	return functions.New(f.name, functions.Options{
		Getenv: func(name string) string { return f.environment[name] },
		Log:    log,
		App:    o.App,
	})
}

func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "localhost:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

func (c *Cloud) serve(l net.Listener, h http.Handler, log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           h,
		ConnContext:       gateway.ConnContext,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	c.serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serve", "error", err)
		}
	})
	return server
}

// URL returns where people reach the cloud.
func (c *Cloud) URL() string { return c.url }

// ManagementURL returns where functions reach @connections. Calls are signed with
// the key of a function; see Key.
func (c *Cloud) ManagementURL() string { return c.management }

// Meter returns what counts.
func (c *Cloud) Meter() *meter.Meter { return c.meter }

// Unused returns the grants of a template's roles that no call has needed, by
// function.
func (c *Cloud) Unused() map[string][]policy.Grant {
	unused := map[string][]policy.Grant{}
	for name, role := range c.roles {
		unused[name] = role.Unused()
	}
	return unused
}

// Failures returns the records of asynchronous invocations that failed for good, by the
// queues that they are in.
func (c *Cloud) Failures() map[string][]host.Failure { return c.host.Failures() }

const (
	// closeTimeout is how long all of Close may take.
	closeTimeout = 10 * time.Second
	// requestGrace is how long requests may take to end.
	requestGrace = 3 * time.Second
)

// Close ends all connections with 1001, lets their handlers run, and ends everything.
func (c *Cloud) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	var errs []error
	if c.public != nil {
		grace, cancel := context.WithTimeout(ctx, requestGrace)
		_ = c.public.Shutdown(grace)
		cancel()
		errs = append(errs, c.public.Close())
	}
	if c.gateway != nil {
		errs = append(errs, c.gateway.Close(ctx))
	}
	if c.host != nil {
		errs = append(errs, c.host.Close(ctx))
	}
	for _, p := range c.processes {
		p.Close()
	}
	if c.private != nil {
		errs = append(errs, c.private.Close())
	}
	c.serving.Wait()
	if c.endpoint != nil {
		c.endpoint.Close()
	}
	if c.engine != nil {
		errs = append(errs, c.engine.Close())
	}
	return errors.Join(errs...)
}
