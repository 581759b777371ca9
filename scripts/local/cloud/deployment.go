package cloud

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// deployment is what runs in a cloud: as the cloud itself knows it, or as a template
// describes it.
type deployment struct {
	tables        []dynamo.Table
	functions     []function
	stage         string
	routes        gateway.Routes
	routeResponse gateway.RouteResponse
	schedules     map[string]time.Duration
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
		f := function{name: name, timeout: timeouts[name], environment: environment(name, at, d.stage, o)}
		if o.Binaries != "" {
			f.binary = filepath.Join(o.Binaries, name, "bootstrap")
		}
		d.functions = append(d.functions, f)
	}
	return d, nil
}

// fromTemplate returns what a template describes, with AWS where the cloud has it.
func fromTemplate(o Options, at addresses) (*deployment, error) {
	t, err := template.Load(o.Template)
	if err != nil {
		return nil, err
	}
	d := &deployment{
		stage: t.WebSocket.Stage,
		routes: gateway.Routes{
			Connect: t.WebSocket.Routes["$connect"], Disconnect: t.WebSocket.Routes["$disconnect"], Default: t.WebSocket.Routes["$default"],
		},
		routeResponse: gateway.NoRouteResponse,
		schedules:     t.Schedules,
		place:         policy.Place{Region: template.Region, Account: template.Account, API: t.WebSocket.ID},
	}
	if t.WebSocket.RouteResponse {
		d.routeResponse = gateway.EveryRouteResponse
	}
	for _, table := range t.Tables {
		if len(table.Keys) == 0 {
			return nil, fmt.Errorf("table %s has no key", table.Name)
		}
		d.tables = append(d.tables, dynamo.Table{Name: table.Name, Keys: table.Keys})
	}
	for _, route := range t.HTTP {
		local := gateway.HTTPRoute{Key: route.Key, Function: route.Function}
		if route.JWT != nil {
			local.JWT = &gateway.JWTAuthorizer{Issuer: route.JWT.Issuer, Audience: route.JWT.Audience}
		}
		d.routes.HTTP = append(d.routes.HTTP, local)
	}
	if o.SweepEvery > 0 {
		for name := range d.schedules {
			d.schedules[name] = o.SweepEvery
		}
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
		maps.Copy(environment, account(f.Name, at))
		maps.Copy(environment, o.set())
		d.functions = append(d.functions, function{f.Name, f.Timeout, f.Binary, environment, f.Role})
	}
	return d, nil
}

// set returns the settings of the engine that the options ask for.
func (o Options) set() map[string]string {
	environment := o.Deadlines.environment()
	if o.SweepEvery > 0 {
		environment[names.EnvSweepEvery] = o.SweepEvery.String()
	}
	if o.Gateway.Dispatch == gateway.Serial {
		environment[names.EnvDispatch] = string(realtime.Serial)
	}
	if o.Gateway.RouteResponse == gateway.FilledRouteResponse {
		environment[names.EnvRouteResponse] = string(realtime.FilledRouteResponse)
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
				return fmt.Errorf("arn:aws:sts::%s:assumed-role/%s is not authorized to perform: %s on resource: %s",
					template.Account, function, q.Action, q.Resource)
			}
		}
		return nil
	}
}
