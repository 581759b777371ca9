package cloud

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/host"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/queue"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/scripts/prices"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

// deployment is what a cloud runs: the built-in deployment, or that of a template.
type deployment struct {
	tables    []dynamo.Table
	functions []function
	stage     string
	routes    gateway.Routes
	schedules map[string]time.Duration
	queues    []queue.Queue
	// throttle and httpThrottle bound the requests of the APIs.
	throttle, httpThrottle gateway.Throttle
	// place is for the ARNs of resources, where roles are enforced.
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
	// reserved is how many instances may run; 0: no bound.
	reserved int
	async    host.Async
	// role has the function's permissions; nil: all.
	role *policy.Role
}

// addresses are the address of AWS for functions, and the secrets that sign guests' tokens
// and admins' sessions.
type addresses struct {
	aws, files, guestSecret, adminSecret string
}

// deploy returns the deployment that the options ask for.
func deploy(o Options, at addresses) (*deployment, error) {
	if o.Template != "" {
		return fromTemplate(o, at)
	}
	if o.Application != nil {
		o.WithoutChat = true
	}
	d := &deployment{
		tables:    dynamo.Tables(""),
		stage:     "local",
		routes:    gateway.Routes{Connect: names.Connect, Disconnect: names.Disconnect, Default: names.Message},
		schedules: map[string]time.Duration{names.Sweep: o.SweepEvery},
		queues: []queue.Queue{{
			Name: fanoutQueue, Function: names.Fanout, Visibility: timeouts[names.Fanout], MaxReceives: 5, DeadLetters: "fanout-failures.fifo",
			Retention: 15 * time.Minute,
		}},
	}
	if !o.WithoutChat {
		d.routes.HTTP = []gateway.HTTPRoute{{Key: "ANY /api/{proxy+}", Function: names.API}}
	}
	if o.Application != nil {
		d.tables = slices.DeleteFunc(d.tables, func(t dynamo.Table) bool { return t.Name == schema.Chat.ID })
		o.Application.deploy(d, o, at)
		return d, nil
	}
	all := names.Functions()
	if o.LinkPreviews != nil && !o.WithoutChat {
		all = append(all, names.Preview)
	}
	for _, name := range all {
		if name == names.API && o.WithoutChat {
			continue
		}
		f := function{name: name, timeout: timeouts[name], environment: environment(name, at, d.stage, o), memoryMB: prices.MemoryMB[name]}
		if name == names.Sweep { // the asynchronous one
			f.async = host.Async{Retries: 2, Destination: "failures"}
		}
		if o.Binaries != "" {
			f.binary = filepath.Join(o.Binaries, name, "bootstrap")
		}
		d.functions = append(d.functions, f)
	}
	return d, nil
}

// engineEnvironment returns the variables of the engine that the options set.
func (o Options) engineEnvironment() map[string]string {
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

// authorize returns a function that refuses the calls that a function's role does not
// allow.
func (d *deployment) authorize(roleOf func(string) *policy.Role) func(string, policy.Call) error {
	return func(function string, c policy.Call) error {
		role := roleOf(function)
		if role == nil {
			return nil
		}
		q, err := role.Refused(d.place, c)
		if q == nil || err != nil {
			return err
		}
		return fmt.Errorf("arn:aws:sts::%s:assumed-role/%s/%[2]s is not authorized to perform: %[3]s on resource: %[4]s "+
			"because no identity-based policy allows the %[3]s action", template.Account, function, q.Action, q.Resource)
	}
}
