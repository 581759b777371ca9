package cloud

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/host"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/scripts/prices"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

// deployment is what runs in a cloud: as the cloud itself knows it, or as a template
// describes it.
type deployment struct {
	tables    []dynamo.Table
	functions []function
	stage     string
	routes    gateway.Routes
	schedules map[string]time.Duration
	// place is what ARNs hold, where roles are enforced.
	place policy.Place
}

// function is a function of a deployment.
type function struct {
	name    string
	timeout time.Duration
	// binary is the executable of a function that runs in processes.
	binary      string
	environment map[string]string
	memoryMB    int
	// reserved is how many instances there may be; 0: what the machine bears.
	reserved int
	async    host.Async
	// role says what it may do; nil: everything.
	role *policy.Role
}

// addresses are where a cloud's functions find AWS.
type addresses struct {
	aws, secret string
}

// deploy returns what a cloud of these options runs.
func deploy(o Options, at addresses) (*deployment, error) {
	if o.Template != "" {
		return fromTemplate(o, at)
	}
	d := &deployment{
		tables:    dynamo.Tables(""),
		stage:     "local",
		routes:    gateway.Routes{Connect: names.Connect, Disconnect: names.Disconnect, Default: names.Message},
		schedules: map[string]time.Duration{names.Sweep: o.SweepEvery},
	}
	if !o.WithoutChat {
		d.routes.HTTP = []gateway.HTTPRoute{{Key: "ANY /api/{proxy+}", Function: names.API}}
	}
	for _, name := range names.Functions() {
		if name == names.API && o.WithoutChat {
			continue
		}
		f := function{name: name, timeout: timeouts[name], environment: environment(name, at, d.stage, o), memoryMB: prices.MemoryMB[name]}
		if name == names.Fanout || name == names.Sweep { // which nobody waits for
			f.async = host.Async{Retries: 2, Destination: "failures"}
		}
		if o.Binaries != "" {
			f.binary = filepath.Join(o.Binaries, name, "bootstrap")
		}
		d.functions = append(d.functions, f)
	}
	return d, nil
}

// fromTemplate returns what a template describes, with AWS where the cloud has it.
func fromTemplate(o Options, at addresses) (*deployment, error) {
	secret := ""
	if o.Data != "" {
		secret = at.secret // which the folder keeps
	}
	t, err := template.Load(o.Template, secret)
	if err != nil {
		return nil, err
	}
	ttl := map[string]string{}
	d := &deployment{
		stage: t.WebSocket.Stage,
		routes: gateway.Routes{
			Connect: t.WebSocket.Routes["$connect"], Disconnect: t.WebSocket.Routes["$disconnect"], Default: t.WebSocket.Routes["$default"],
			OneWay: !t.WebSocket.RouteResponse,
		},
		schedules: t.Schedules,
		place:     policy.Place{Region: template.Region, Account: template.Account, API: t.WebSocket.ID},
	}
	for _, table := range t.Tables {
		if len(table.Keys) == 0 {
			return nil, fmt.Errorf("table %s has no key", table.Name)
		}
		d.tables = append(d.tables, dynamo.Table{Name: table.Name, Keys: table.Keys})
		ttl[table.Name] = table.TTL
	}
	d.routes.CORS = (*gateway.CORS)(t.CORS)
	for _, route := range t.HTTP {
		local := gateway.HTTPRoute{Key: route.Key, Function: route.Function}
		if route.JWT != nil {
			local.JWT = &gateway.JWTAuthorizer{Issuer: route.JWT.Issuer, Audience: route.JWT.Audience}
		}
		d.routes.HTTP = append(d.routes.HTTP, local)
	}
	// What API Gateway's own address is on AWS. A function that is told another one
	// finds nothing, as it would there.
	address := "https://" + t.WebSocket.ID + ".execute-api." + template.Region + ".amazonaws.com/"
	for _, f := range t.Functions {
		environment := map[string]string{}
		for name, value := range f.Environment {
			if rest, found := strings.CutPrefix(value, address); found {
				value = at.aws + "/" + rest
			}
			environment[name] = value
		}
		if f.Architecture != architecture() {
			return nil, fmt.Errorf("function %s is for %s, and this machine is %s: synthesize with -c architecture=%[3]s",
				f.Name, f.Architecture, architecture())
		}
		if err := consistent(f, ttl, t.Schedules); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.Name, err)
		}
		maps.Copy(environment, account(f.Name, at))
		maps.Copy(environment, o.set())
		d.functions = append(d.functions, function{
			f.Name, f.Timeout, f.Binary, environment, f.MemoryMB, f.Reserved, host.Async(f.Async), f.Role,
		})
	}
	if o.SweepEvery > 0 {
		for name := range d.schedules {
			d.schedules[name] = o.SweepEvery
		}
	}
	return d, nil
}

// consistent finds what would only show after hours: items that never expire, and a sweep
// that runs at another pace than the engine reckons with.
func consistent(f template.Function, ttl map[string]string, schedules map[string]time.Duration) error {
	for _, name := range []string{names.EnvRealtimeTable, names.EnvChatTable} {
		table := f.Environment[name]
		if attribute, ok := ttl[table]; ok && attribute != schema.TTL {
			return fmt.Errorf("items of the table %s would never expire: its time to live is %q and not %q", table, attribute, schema.TTL)
		}
	}
	every, ok := schedules[f.Name]
	reckoned := cmp.Or(f.Environment[names.EnvSweepEvery], time.Minute.String())
	if pace, err := time.ParseDuration(reckoned); ok && (err != nil || pace != every) {
		return fmt.Errorf("it runs every %v, and reckons with %s", every, reckoned)
	}
	return nil
}

// architecture returns what AWS Lambda calls this machine's.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// set returns the settings of the engine that the options ask for.
func (o Options) set() map[string]string {
	environment := o.Deadlines.environment()
	if o.SweepEvery > 0 {
		environment[names.EnvSweepEvery] = o.SweepEvery.String()
	}
	if o.Gateway.Dispatch != "" {
		environment[names.EnvDispatch] = string(o.Gateway.Dispatch)
	}
	if o.Gateway.RouteResponse != "" {
		environment[names.EnvRouteResponse] = string(o.Gateway.RouteResponse)
	}
	maps.Copy(environment, o.Environment)
	return environment
}

// authorize refuses a call that its function's role does not allow.
func (d *deployment) authorize(roles map[string]*policy.Role) func(string, policy.Call) error {
	return func(function string, c policy.Call) error {
		role := roles[function]
		if role == nil {
			return nil
		}
		requests, err := d.place.Requests(c)
		if err != nil {
			return err
		}
		for _, q := range requests {
			if !role.Allows(q) {
				return fmt.Errorf("arn:aws:sts::%s:assumed-role/%s/%[2]s is not authorized to perform: %[3]s on resource: %[4]s "+
					"because no identity-based policy allows the %[3]s action", template.Account, function, q.Action, q.Resource)
			}
		}
		return nil
	}
}
