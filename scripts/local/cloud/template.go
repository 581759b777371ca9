package cloud

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/host"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/queue"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/names"
)

// fromTemplate returns the deployment that a template describes, with AWS's services at
// the cloud's own addresses.
func fromTemplate(o Options, at addresses) (*deployment, error) {
	secret := ""
	if o.Data != "" {
		secret = at.guestSecret // which the folder keeps
	}
	t, err := template.Load(o.Template, secret)
	if err != nil {
		return nil, err
	}
	d := &deployment{
		stage:        t.WebSocket.Stage,
		throttle:     gateway.Throttle(t.WebSocket.Throttle),
		httpThrottle: gateway.Throttle(t.HTTPThrottle),
		routes:       routes(t),
		schedules:    t.Schedules,
		place:        policy.Place{Region: template.Region, Account: template.Account, API: t.WebSocket.ID},
	}
	for _, table := range t.Tables {
		if len(table.Keys) == 0 {
			return nil, fmt.Errorf("table %s has no key", table.Name)
		}
		d.tables = append(d.tables, dynamo.Table{Name: table.Name, Keys: table.Keys, Types: table.Types})
	}
	for _, q := range t.Queues {
		d.queues = append(d.queues, queue.Queue(q))
	}
	for _, f := range t.Functions {
		if err := check(f, t); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.Name, err)
		}
		environment := replaceAddress(f.Environment, t.WebSocket.ID, at.aws)
		maps.Copy(environment, accountEnvironment(f.Name, at))
		maps.Copy(environment, o.engineEnvironment())
		d.functions = append(d.functions, function{
			f.Name, f.Timeout, f.Binary, environment, f.MemoryMB, f.Reserved, host.Async(f.Async), f.Role,
		})
	}
	for _, f := range t.Functions {
		if _, scheduled := d.schedules[f.Name]; scheduled && o.SweepEvery > 0 && isSweep(f) {
			d.schedules[f.Name] = o.SweepEvery
		}
	}
	return d, nil
}

func routes(t *template.Deployment) gateway.Routes {
	r := gateway.Routes{
		Connect:    t.WebSocket.Routes["$connect"],
		Disconnect: t.WebSocket.Routes["$disconnect"],
		Default:    t.WebSocket.Routes["$default"],
		OneWay:     !t.WebSocket.RouteResponse,
		CORS:       (*gateway.CORS)(t.CORS),
	}
	for _, route := range t.HTTP {
		local := gateway.HTTPRoute{Key: route.Key, Function: route.Function}
		if route.JWT != nil {
			local.JWT = &gateway.JWTAuthorizer{Issuer: route.JWT.Issuer, Audience: route.JWT.Audience}
		}
		r.HTTP = append(r.HTTP, local)
	}
	return r
}

// replaceAddress puts the cloud's address in place of the one that API Gateway has on AWS.
// A function with another address finds nothing there, as on AWS.
func replaceAddress(environment map[string]string, api, aws string) map[string]string {
	address := "https://" + api + ".execute-api." + template.Region + ".amazonaws.com/"
	replaced := map[string]string{}
	for name, value := range environment {
		if rest, found := strings.CutPrefix(value, address); found {
			value = aws + "/" + rest
		}
		replaced[name] = value
	}
	return replaced
}

// check finds mistakes in a function of a template.
func check(f template.Function, t *template.Deployment) error {
	if f.Architecture != architecture() {
		return fmt.Errorf("it is built for %s, and this machine is %s: synthesize with -c architecture=%[2]s", f.Architecture, architecture())
	}
	ttl := map[string]string{}
	for _, table := range t.Tables {
		ttl[table.Name] = table.TTL
	}
	return checkConsistent(f, ttl, t.Schedules)
}

// checkConsistent finds what would only show after hours: items that never expire, and a
// sweep that runs at another pace than its function assumes.
func checkConsistent(f template.Function, ttl map[string]string, schedules map[string]time.Duration) error {
	for _, name := range []string{names.EnvRealtimeTable, names.EnvChatTable} {
		table := f.Environment[name]
		if attribute, ok := ttl[table]; ok && attribute != schema.TTL {
			return fmt.Errorf("items of the table %s would never expire: its time to live is %q and not %q", table, attribute, schema.TTL)
		}
	}
	if !isSweep(f) {
		return nil
	}
	every, scheduled := schedules[f.Name]
	assumed := cmp.Or(f.Environment[names.EnvSweepEvery], time.Minute.String())
	if pace, err := time.ParseDuration(assumed); scheduled && (err != nil || pace != every) {
		return fmt.Errorf("it runs every %v, and assumes %s", every, assumed)
	}
	return nil
}

// isSweep reports whether a function is the engine's sweep. An application may have
// functions with schedules of their own.
func isSweep(f template.Function) bool {
	return sweepID.MatchString(f.Name) && cmp.Or(f.Environment[names.EnvRealtimeTable], f.Environment[names.EnvManagementEndpoint]) != ""
}

// sweepID is the end of the id that the CDK makes of the engine's construct and "Sweep".
var sweepID = regexp.MustCompile(`Sweep([0-9A-F]{8})?$`)

// architecture returns AWS Lambda's name for this machine's.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}
