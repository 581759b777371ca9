// Package cloud is the local cloud: gateway, functions, database and meter. Enter at
// [Start].
package cloud

import (
	"cmp"
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

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/functions"
	"github.com/confab-chat/confab/scripts/local/dashboard"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/endpoint"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/host"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/process"
	"github.com/confab-chat/confab/scripts/local/queue"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/linkpreview"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Options configure a Cloud. The zero value works.
type Options struct {
	// Address is where clients reach the cloud: a free port of localhost.
	Address string
	// Web is the folder of the web page; empty: no page.
	Web string
	// Page serves a web page in place of the folder Web.
	Page http.Handler
	// Local serves more below /_local/, by its patterns.
	Local map[string]http.HandlerFunc
	// OwnPage: the page is the application's own, so the Content-Security-Policy of the chat's
	// page does not apply to it.
	OwnPage bool
	// DynamoDB is the URL of a DynamoDB-compatible database. It is called with the
	// credentials and region of AWS's environment variables, if they are set. Empty: the
	// embedded engine.
	DynamoDB string
	// Data is a folder that keeps the embedded engine's data and the secret that signs
	// guests' tokens. Empty: nothing is kept.
	Data string
	// App registers the application's handlers: functions/app.
	App func(*realtime.Server)
	// Application is an application of package confab, which runs in place of the chat and App.
	Application *Application
	// WithoutChat runs only the application on the engine, without chat and HTTP API.
	WithoutChat bool
	// Binaries is the folder of the functions' binaries for this machine. The functions run
	// as processes then. Empty: they run in this process.
	Binaries string
	// Template is the CloudFormation template of a cloud assembly, which then describes the
	// whole deployment, with its binaries.
	Template string
	// LinkPreviews turns link previews on, and says which addresses they reach. Functions that run as
	// processes reach the public web alone, whatever it says. With a Template, that decides.
	LinkPreviews *linkpreview.Options
	// Environment adds variables to the functions' environment, or replaces them.
	Environment map[string]string
	// Deadlines are the engine's. SweepEvery is the time between two sweeps: as short as the
	// deadlines need, and at most a minute.
	Deadlines
	SweepEvery time.Duration
	// Gateway configures the gateway. Start sets the fields that connect it to the rest.
	Gateway gateway.Options
	// Concurrency is how many invocations may run at once, as in an account of AWS. Those above
	// it are throttled. What a template reserves for a function is besides. Zero: no bound.
	Concurrency int
	// EventsTwice delivers each event of a schedule twice.
	EventsTwice bool
	// RetryDelays are the delays of host.Options.
	RetryDelays []time.Duration
	// Isolate replaces the variables of AWS in this process's environment, so that a handler
	// in this process that makes a client from them finds the local cloud and never a real
	// account. It is for a program that runs one cloud.
	Isolate bool
	// Intercept injects faults into the functions' calls.
	Intercept func(endpoint.Call) endpoint.Fault
	// Invoked is told of each invocation that has ended. It may be nil.
	Invoked func(function string, took time.Duration, err error)
	Log     *slog.Logger
}

// Cloud is a running local cloud.
type Cloud struct {
	options    Options
	url        string
	management string
	// stage is the name of the APIs' stage.
	stage  string
	at     addresses
	view   *view
	meter  *meter.Meter
	engine *dynamo.Engine
	// engineTable is the engine's among the tables. A template gives it another name.
	engineTable string
	// mu guards what Replace changes of options, tables, roles and schedules.
	mu sync.RWMutex
	// database is a client of the database, for the cloud itself, and tables are those in it.
	database  *dynamodb.Client
	tables    []dynamo.Table
	host      *host.Host
	gateway   *gateway.Gateway
	queues    *queue.Queues
	endpoint  *endpoint.Endpoint
	processes map[string]*process.Function
	// names are those of the functions by their access keys.
	names sync.Map
	// unschedule ends the schedules of functions, by their names.
	unschedule map[string]func()
	listeners  []net.Listener
	// roles are those of the functions of a template or an application.
	roles map[string]*policy.Role
	// public serves clients, and private the functions.
	public, private *http.Server
	// files serves the buckets at an origin of its own, filesURL.
	files    *http.Server
	filesURL string
	serving  sync.WaitGroup
}

// Start starts a local cloud. It ends with Close.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.SweepEvery == 0 && (o.Template == "" || o.Deadlines != Deadlines{}) {
		o.SweepEvery = o.sweepEvery()
	}
	c := &Cloud{
		options: o, meter: &meter.Meter{},
		processes: map[string]*process.Function{}, unschedule: map[string]func(){},
	}
	c.view = newView(c)
	c.options.Log = slog.New(dashboard.LogHandler(o.Log.Handler(), &c.view.stream))
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

// start starts everything. After an error, Close ends what has been started.
func (c *Cloud) start(ctx context.Context) error {
	public, err := c.listen(cmp.Or(c.options.Address, "localhost:0"))
	if err != nil {
		return err
	}
	private, err := c.listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	database, err := c.startDatabase(ctx)
	if err != nil {
		return err
	}
	buckets, err := c.listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	c.filesURL = "http://localhost:" + strconv.Itoa(buckets.Addr().(*net.TCPAddr).Port)
	c.at = addresses{aws: "http://" + private.Addr().String(), files: c.filesURL}
	if c.at.guestSecret, err = keepSecret(c.options.Data, "guest-secret"); err != nil {
		return err
	}
	if c.at.adminSecret, err = keepSecret(c.options.Data, "admin-secret"); err != nil {
		return err
	}
	if c.options.Isolate {
		if err := isolate(c.at); err != nil {
			return err
		}
	}
	d, err := deploy(c.options, c.at)
	if err != nil {
		return err
	}
	c.setRoles(d)
	c.database, c.tables = dynamo.Client(database.url.String(), database.account), d.tables
	for _, f := range d.functions {
		c.engineTable = cmp.Or(c.engineTable, f.environment[names.EnvRealtimeTable])
	}
	if err := dynamo.CreateTables(ctx, c.database, c.tables); err != nil {
		return err
	}
	if err := c.addFunctions(d.functions); err != nil {
		return err
	}
	c.addGateway(d)
	c.queues = queue.New(queue.Options{Queues: d.queues, Functions: c.host, Fail: c.host.Fail, Meter: c.meter, Log: c.options.Log})
	c.addEndpoint(d, database)
	c.url = "http://localhost:" + strconv.Itoa(public.Addr().(*net.TCPAddr).Port)
	c.management, c.stage = c.at.aws+"/"+d.stage, d.stage
	if err := c.addFiles(buckets, d); err != nil {
		return err
	}
	c.private = c.serve(private, c.endpoint)
	c.public = c.serve(gateway.Listener(public), c.front())
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, every := range d.schedules {
		c.unschedule[name] = c.host.Schedule(name, every)
	}
	return nil
}

// listen opens a listener that Close closes.
func (c *Cloud) listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	c.listeners = append(c.listeners, listener)
	return listener, nil
}

// Database says where the data is: which engine, or at which address.
func (c *Cloud) Database() string {
	switch {
	case c.engine == nil:
		return c.options.DynamoDB
	case c.options.Data == "":
		return c.engine.What() + ", in memory"
	default:
		return c.engine.What() + ", in " + c.options.Data
	}
}

// database is where the data is, and the account that reads and writes it.
type database struct {
	url     *url.URL
	account dynamo.Account
}

// startDatabase returns the database of the options, or starts the embedded one.
func (c *Cloud) startDatabase(ctx context.Context) (database, error) {
	address, account := c.options.DynamoDB, dynamo.EnvironmentAccount()
	if address == "" {
		engine, err := dynamo.Start(ctx, dynamo.Options{Dir: c.options.Data})
		if err != nil {
			return database{}, err
		}
		c.engine = engine
		address, account = engine.URL(), dynamo.Local
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return database{}, fmt.Errorf("the database's address: %w", err)
	}
	return database{parsed, account}, nil
}

// addFunctions makes the functions and the host that runs them.
func (c *Cloud) addFunctions(functions []function) error {
	c.names.Store(Key(application), application)
	o := host.Options{
		Functions:   map[string]host.Handler{},
		Timeouts:    map[string]time.Duration{},
		Async:       map[string]host.Async{},
		Concurrency: c.options.Concurrency,
		Reserved:    map[string]int{},
		EventsTwice: c.options.EventsTwice,
		RetryDelays: c.options.RetryDelays,
		Invoked:     c.view.invoked,
		Meter:       c.meter,
		Log:         c.options.Log,
	}
	for _, f := range functions {
		handler, err := c.newHandler(f)
		if err != nil {
			return err
		}
		o.Functions[f.name], o.Timeouts[f.name], o.Async[f.name] = handler, f.timeout, f.async
		o.Reserved[f.name] = f.reserved
	}
	c.host = host.New(o)
	return nil
}

func (c *Cloud) addGateway(d *deployment) {
	o := c.options.Gateway
	o.Functions, o.Meter, o.Log = c.host, c.meter, c.options.Log
	o.Routes, o.Stage = d.routes, d.stage
	o.Frame = c.view.frame
	trace := o.Trace
	o.Trace = func(connection, line string) {
		if trace != nil {
			trace(connection, line)
		}
		c.view.stream.Add(dashboard.Entry{Kind: "line", Connection: connection, Text: line})
	}
	o.Throttle, o.HTTPThrottle = cmp.Or(o.Throttle, d.throttle), cmp.Or(o.HTTPThrottle, d.httpThrottle)
	c.gateway = gateway.New(o)
}

func (c *Cloud) addEndpoint(d *deployment, db database) {
	c.endpoint = endpoint.New(endpoint.Endpoint{
		DynamoDB:   db.url,
		Account:    db.account,
		Management: http.HandlerFunc(c.gateway.ServeManagement),
		Lambda:     c.host,
		Queues:     c.queues,
		Meter:      c.meter,
		Caller:     c.caller,
		Authorize:  d.authorize(c.role),
		Intercept:  c.view.intercept,
	})
}

// caller finds the function with an access key.
func (c *Cloud) caller(key string) (function string, known bool) {
	name, _ := c.names.Load(key)
	function, known = name.(string)
	return function, known
}

// newHandler returns what runs a function: a process, or its code in this one.
func (c *Cloud) newHandler(f function) (host.Handler, error) {
	c.names.Store(Key(f.name), f.name)
	log := c.options.Log.With("function", f.name)
	if f.binary == "" && c.options.Application != nil {
		e := boot.Environment{Getenv: func(name string) string { return f.environment[name] }, Log: log, Services: services{c}}
		return c.options.Application.New(f.name, e)
	}
	if f.binary == "" {
		o := functions.Options{
			Getenv: func(name string) string { return f.environment[name] },
			Log:    log,
			App:    c.options.App,
			// What is in this process needs no network, which would take most of the time.
			Services: services{c},
		}
		if c.options.LinkPreviews != nil {
			o.Preview = *c.options.LinkPreviews
		}
		return functions.New(f.name, o)
	}
	if err := process.Check(f.binary); err != nil {
		return nil, fmt.Errorf("function %s: %w", f.name, err)
	}
	p := process.New(process.Options{
		Name: f.name, Binary: f.binary, Environment: addShell(f.environment), MemoryMB: f.memoryMB,
		Line: forward(log), Worked: func(d time.Duration) { c.meter.Worked(f.name, d) },
	})
	c.processes[f.name] = p
	return p, nil
}

// services are the cloud's own, for functions in this process. They call only what runs.
type services struct{ *Cloud }

// RoundTrip implements http.RoundTripper.
func (s services) RoundTrip(r *http.Request) (*http.Response, error) { return s.endpoint.RoundTrip(r) }

func (c *Cloud) serve(l net.Listener, h http.Handler) *http.Server {
	log := c.options.Log
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

// URL returns the address for clients.
func (c *Cloud) URL() string { return c.url }

// ManagementURL returns the address of @connections for functions. Sign calls with the key of
// a function; see Key.
func (c *Cloud) ManagementURL() string { return c.management }

// Meter returns the meter, which counts all use.
func (c *Cloud) Meter() *meter.Meter { return c.meter }

// Idle reports whether no function runs, or is to run: because a message waits for it, or again
// because it failed.
func (c *Cloud) Idle() bool { return c.queues.Idle() && c.host.Idle() }

// setRoles gives the functions of a deployment their roles.
func (c *Cloud) setRoles(d *deployment) {
	roles := map[string]*policy.Role{}
	for _, f := range d.functions {
		if f.role != nil {
			roles[f.name] = f.role
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles = roles
}

// role returns a function's role; nil: it may do all.
func (c *Cloud) role(function string) *policy.Role {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.roles[function]
}

// Unused returns the grants of roles that no call has needed, by function.
func (c *Cloud) Unused() map[string][]policy.Grant {
	c.mu.RLock()
	defer c.mu.RUnlock()
	unused := map[string][]policy.Grant{}
	for name, role := range c.roles {
		unused[name] = role.Unused()
	}
	return unused
}

// Failures returns the records of asynchronous invocations and messages that failed for good, by queue.
func (c *Cloud) Failures() map[string][]host.Failure { return c.host.Failures() }

const (
	// closeTimeout is how long all of Close may take.
	closeTimeout = 10 * time.Second
	// requestGrace is how long requests may take to end.
	requestGrace = 3 * time.Second
)

// Close ends all connections with 1001, waits for their handlers, and ends everything.
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
	if c.queues != nil {
		c.queues.Close()
	}
	if c.host != nil {
		errs = append(errs, c.host.Close(ctx))
	}
	for _, p := range c.processes {
		p.Close()
	}
	for _, server := range []*http.Server{c.private, c.files} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	c.serving.Wait()
	if c.endpoint != nil {
		c.endpoint.Close()
	}
	for _, l := range c.listeners {
		_ = l.Close() // a server has closed it, if there is one
	}
	if c.engine != nil {
		errs = append(errs, c.engine.Close())
	}
	return errors.Join(errs...)
}
