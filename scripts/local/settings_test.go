package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/scripts/local/apps"
	"github.com/confab-chat/confab/shared/names"
)

// typed are the flags of variables that more than a text stands behind.
var typed = map[string]string{
	names.EnvSweepEvery: "sweep-every", names.EnvHeartbeat: "heartbeat", names.EnvPingInterval: "ping-interval",
	names.EnvPingTimeout: "ping-timeout", names.EnvConnectTimeout: "connect-timeout", names.EnvLifetime: "lifetime",
	names.EnvRecovery: "recovery", names.EnvDispatch: "dispatch", names.EnvRouteResponse: "route-response",
	names.EnvClientErrors: "v", names.EnvPresence: "presence",
}

// wiring are the variables that say where something is. The deployment decides them.
var wiring = map[string]bool{
	names.EnvRealtimeTable: true, names.EnvChatTable: true, names.EnvManagementEndpoint: true, names.EnvFanoutQueue: true,
	names.EnvFilesBucket: true, names.EnvPreviewFunction: true, names.EnvFunction: true, names.EnvDeclare: true, names.EnvStack: true, names.EnvSecretsVersion: true,
}

func TestEverySettingThatIsAVariableOnAWSHasAFlag(t *testing.T) {
	flagOf := map[string]string{}
	for variable, name := range typed {
		flagOf[variable] = name
	}
	for _, s := range settings {
		flagOf[s.variable] = s.flag
	}
	_, flags := newOptions()
	for _, variable := range variables(t) {
		if name := flagOf[variable]; !wiring[variable] && flags.Lookup(name) == nil {
			t.Errorf("%s has no flag: add it to settings.go", variable)
		}
	}
}

// TestEveryFlagIsDocumented looks for the flags in the page about the local cloud. Those of
// variables that are texts are listed by -help alone.
func TestEveryFlagIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/local-cloud.md")
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]bool{}
	for _, s := range settings {
		text[s.flag] = true
	}
	_, flags := newOptions()
	flags.VisitAll(func(f *flag.Flag) {
		if !text[f.Name] && !strings.Contains(string(page), "`-"+f.Name+"`") {
			t.Errorf("docs/local-cloud.md does not have `-%s`", f.Name)
		}
	})
}

// variables returns the values of the constants of package names that begin with Env.
func variables(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../shared/names/names.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names[0].Name) < 4 || spec.Names[0].Name[:3] != "Env" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, value)
		return true
	})
	if len(all) < 20 {
		t.Fatalf("found only %v", all)
	}
	return all
}

func TestAFlagReachesTheFunctionsAndTakesPrecedenceOverTheVariable(t *testing.T) {
	t.Setenv(names.EnvMaxSockets, "7")
	t.Setenv(names.EnvOIDCAudience, "page")
	for _, c := range []struct {
		args []string
		want map[string]string
	}{
		{nil, map[string]string{names.EnvMaxSockets: "7", names.EnvOIDCAudience: "page", names.EnvRecovery: ""}},
		{[]string{"-max-sockets", "3"}, map[string]string{names.EnvMaxSockets: "3", names.EnvOIDCAudience: "page"}},
		{[]string{"-recovery", "60s", "-quiet"}, map[string]string{names.EnvRecovery: "1m0s"}},
		{[]string{"--recovery", "60s"}, map[string]string{names.EnvRecovery: "1m0s"}},
		{[]string{"-recovery=60s"}, map[string]string{names.EnvRecovery: "1m0s"}},
		{[]string{"-recovery", "-quiet"}, map[string]string{names.EnvRecovery: "2m0s"}},
		{[]string{"-recovery"}, map[string]string{names.EnvRecovery: "2m0s"}},
		{[]string{"-recovery", "false"}, map[string]string{names.EnvRecovery: ""}},
		{[]string{"-presence", "off", "-presence-grace", "0s"}, map[string]string{names.EnvPresence: "off", names.EnvPresenceGrace: "0s"}},
		{[]string{"-recovery=false"}, map[string]string{names.EnvRecovery: ""}},
		{[]string{"-v"}, map[string]string{names.EnvClientErrors: "verbose"}},
	} {
		o, err := parse(c.args)
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
			continue
		}
		got := o.environment(apps.App{})
		if _, has := got[names.EnvRecovery]; has != strings.Contains(fmt.Sprint(c.args), "recovery") {
			t.Errorf("%v: recovery is in the environment, which replaces what a template says: %v", c.args, has)
		}
		for name, value := range c.want {
			if got[name] != value {
				t.Errorf("%v: %s is %q, want %q", c.args, name, got[name], value)
			}
		}
	}
}
