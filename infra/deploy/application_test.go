package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
)

// board is an application with one of each.
var board = project.Project{
	Namespaces: []string{"/boards"},
	Tables: []*project.Table{
		{
			Name: "strokes", Partition: project.Attribute{Name: "board", Type: "S"}, Sort: &project.Attribute{Name: "at", Type: "N"}, TTL: "until",
			Actions: map[string][]string{names.Message: {"PutItem", "Query"}, names.API: {"DeleteItem", "Query"}},
		},
		{
			Name: "who-drew", Partition: project.Attribute{Name: "key", Type: "B"},
			Actions: map[string][]string{"schedule-expire": {"DeleteItem"}},
		},
	},
	Variables: []project.Variable{{Name: "GREETING", Default: "Hello"}, {Name: "COLOUR", Default: "red"}},
	Secrets:   []string{"STRIPE_KEY"},
	Routes:    []project.Route{{Pattern: "DELETE /boards/{id}"}, {Pattern: "GET /boards/{id}/{path...}"}, {Pattern: "GET /health"}},
	Schedules: []project.Schedule{{Name: "expire", Every: time.Hour}, {Name: "count", Every: 5 * time.Minute}},
	Page:      "web",
	Recovery:  2 * time.Minute,
	Headers:   []string{"Authorization", "Cookie"},
}

func newApplicationStack(t *testing.T, p *project.Project, parameters ...string) (awscdk.App, awscdk.Stack, error) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "project.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	parameters = append([]string{"project=" + file, "code=" + assets, "stack=Board"}, parameters...)
	app := awscdk.NewApp(&awscdk.AppProps{Context: contextOf(t, parameters)})
	s, err := NewApplicationStack(app)
	return app, s, err
}

// synthBoard returns the template of the board with its page.
func synthBoard(t *testing.T) template {
	t.Helper()
	if known, ok := synthesized["board"]; ok {
		return known
	}
	t.Setenv("COLOUR", "blue")
	synthesized["board"] = synthApplication(t, &board, "page="+assets)
	return synthesized["board"]
}

func synthApplication(t *testing.T, p *project.Project, parameters ...string) template {
	t.Helper()
	app, s, err := newApplicationStack(t, p, parameters...)
	if err != nil {
		t.Fatal(err)
	}
	return finish(t, app, s)
}

func TestAnApplicationsFunctionsMayDoWhatItSaysAndNoMore(t *testing.T) {
	const strokes, whoDrew = "${Tablestrokes.Arn}", "${TablewhoXdrew.Arn}"
	m := synthBoard(t)
	got := map[string]map[string][]string{}
	for name, allowed := range grants(m) {
		got[name] = map[string][]string{}
		for _, table := range []string{strokes, whoDrew} {
			if actions := allowed[table]; actions != nil {
				got[name][table] = actions
			}
		}
		if _, managed := allowed["a managed policy"]; managed {
			t.Errorf("%s has a managed policy", name)
		}
	}
	want(t, "grants", got, map[string]map[string][]string{
		names.Connect: {}, names.Disconnect: {}, names.Fanout: {}, names.Sweep: {}, "schedule-count": {},
		names.Message:     {strokes: {"dynamodb:PutItem", "dynamodb:Query"}},
		names.API:         {strokes: {"dynamodb:DeleteItem", "dynamodb:Query"}},
		"schedule-expire": {whoDrew: {"dynamodb:DeleteItem"}},
	})
	want(t, "findings", m.findings, nil)
}

func TestOnlyFunctionsThatRunTheApplicationKnowWhatItHas(t *testing.T) {
	m := synthBoard(t)
	for name, f := range m.functions() {
		variables := at(f.Properties["Environment"], "Variables").(map[string]any)
		want(t, name+" is", flat(variables[names.EnvFunction]), name)
		got := map[string]string{}
		for _, variable := range []string{"CONFAB_TABLE_STROKES", "CONFAB_TABLE_WHO_DREW", "GREETING", "COLOUR", "STRIPE_KEY", names.EnvRecovery, names.EnvHeaders} {
			if value, ok := variables[variable]; ok {
				got[variable] = flat(value)
			}
		}
		known := map[string]string{
			"CONFAB_TABLE_STROKES": "${Tablestrokes}", "CONFAB_TABLE_WHO_DREW": "${TablewhoXdrew}", "GREETING": "Hello", "COLOUR": "blue",
			"STRIPE_KEY": "{{resolve:secretsmanager:Board/STRIPE_KEY:SecretString:::}}", names.EnvRecovery: "2m0s",
		}
		if name == names.Connect {
			known = map[string]string{names.EnvRecovery: "2m0s", names.EnvHeaders: "Authorization,Cookie"}
		}
		want(t, name, got, known)
	}
	want(t, "secrets of the stack", len(m.of("AWS::SecretsManager::Secret")), 0)
}

func TestAnotherVersionOfSecretsChangesWhatReadsThem(t *testing.T) {
	for name, f := range synthApplication(t, &board, "secretsVersion=2", "secretsPrefix=shared/").functions() {
		version, secret := "2", "{{resolve:secretsmanager:shared/STRIPE_KEY:SecretString:::}}"
		if name == names.Connect {
			version, secret = "", ""
		}
		variables := at(f.Properties["Environment"], "Variables")
		want(t, name, []string{flat(at(variables, names.EnvSecretsVersion)), flat(at(variables, "STRIPE_KEY"))}, []string{version, secret})
	}
}

func TestAnApplicationsTablesHaveItsKeysAndStay(t *testing.T) {
	got := map[string]string{}
	for id, r := range synthBoard(t).of("AWS::DynamoDB::GlobalTable") {
		p := r.Properties
		got[id] = fmt.Sprint(flat(p["KeySchema"]), flat(p["AttributeDefinitions"]), flat(at(p["TimeToLiveSpecification"], "AttributeName")),
			" ", flat(p["BillingMode"]), flat(p["SSESpecification"]), flat(at(p["Replicas"], "PointInTimeRecoverySpecification")),
			flat(at(p["Replicas"], "DeletionProtectionEnabled")), " ", r.DeletionPolicy, " ", r.UpdateReplacePolicy)
	}
	const same = ` PAY_PER_REQUEST{"SSEEnabled":true,"SSEType":"KMS"}{"PointInTimeRecoveryEnabled":true}true RetainExceptOnCreate Retain`
	delete(got, "RealtimeTable")
	want(t, "tables", got, map[string]string{
		"Tablestrokes": `[{"AttributeName":"board","KeyType":"HASH"},{"AttributeName":"at","KeyType":"RANGE"}]` +
			`[{"AttributeName":"board","AttributeType":"S"},{"AttributeName":"at","AttributeType":"N"}]until` + same,
		"TablewhoXdrew": `[{"AttributeName":"key","KeyType":"HASH"}][{"AttributeName":"key","AttributeType":"B"}]` + same,
	})
}

func TestRoutesReachTheirFunctionByOnePermission(t *testing.T) {
	m := synthBoard(t)
	var routes, sources []string
	for _, r := range m.of("AWS::ApiGatewayV2::Route") {
		if key := flat(r.Properties["RouteKey"]); !strings.HasPrefix(key, "$") {
			routes = append(routes, key)
		}
	}
	slices.Sort(routes)
	want(t, "routes", routes, []string{"DELETE /boards/{id}", "GET /boards/{id}/{path+}", "GET /health"})
	for _, p := range m.of("AWS::Lambda::Permission") {
		if m.named(flat(p.Properties["FunctionName"])) == "${api.Arn}" {
			sources = append(sources, m.named(flat(p.Properties["SourceArn"])))
		}
	}
	want(t, "who invokes the function", sources, []string{
		"arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HTTP API}/*/*/*",
	})
}

func TestEachScheduleHasARuleAndAFunctionWhoseFailuresAreKept(t *testing.T) {
	m := synthBoard(t)
	rules, kept := map[string]string{}, map[string]string{}
	for _, r := range m.of("AWS::Events::Rule") {
		rules[m.named(flat(at(r.Properties["Targets"], "Arn")))] = flat(r.Properties["ScheduleExpression"])
	}
	want(t, "rules", rules, map[string]string{
		"${sweep.Arn}": "rate(1 minute)", "${schedule-expire.Arn}": "rate(1 hour)", "${schedule-count.Arn}": "rate(5 minutes)",
	})
	for _, c := range m.of("AWS::Lambda::EventInvokeConfig") {
		kept[m.named(flat(c.Properties["FunctionName"]))] = flat(c.Properties["MaximumEventAgeInSeconds"]) + " s, " + flat(c.Properties["MaximumRetryAttempts"]) +
			" times, " + m.named(flat(at(c.Properties["DestinationConfig"], "OnFailure", "Destination")))
	}
	want(t, "failures", kept, map[string]string{
		"${sweep}": "300 s, 2 times, ${Queue.Arn}", "${schedule-expire}": "3600 s, 2 times, ${Queue.Arn}", "${schedule-count}": "300 s, 2 times, ${Queue.Arn}",
	})
	for name, allowed := range grants(m) {
		if keeps := slices.Contains(allowed[failures], "sqs:SendMessage"); keeps != (name == names.Sweep || strings.HasPrefix(name, project.SchedulePrefix)) {
			t.Errorf("%s may keep failures: %t", name, keeps)
		}
	}
}

func TestAnApplicationsPageIsAtTheOriginOfItsRoutes(t *testing.T) {
	m := synthBoard(t)
	found := behaviors(t, m)
	for path, to := range found {
		found[path] = hash.ReplaceAllString(to, "}")
	}
	const (
		files = "${Bucket.RegionalDomainName} redirect-to-https "
		http  = "${HTTP API}.execute-api.${AWS::Region}.${AWS::URLSuffix} https-only CachingDisabled AllViewerExceptHostHeader"
	)
	want(t, "behaviors", found, map[string]string{
		"*": files + "${ApplicationPageRevalidation} rewritten", "/assets/*": files + "CachingOptimized", "/boards/*": http, "/health": http,
		"/socket.io/socket.io.*": files + "${ApplicationPageRevalidation}",
		"/socket.io/*": "${WEBSOCKET API}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod https-only " +
			"CachingDisabled AllViewerExceptHostHeader rewritten",
	})
	want(t, "the policy of the page", policyOf(m), "")
	var headers []string
	for _, h := range at(m.one(t, "AWS::CloudFront::ResponseHeadersPolicy").Properties["ResponseHeadersPolicyConfig"], "CustomHeadersConfig", "Items").([]any) {
		headers = append(headers, flat(at(h, "Header"))+": "+flat(at(h, "Value")))
	}
	want(t, "its headers", headers, []string{"Cache-Control: no-cache"})
	want(t, "its address", m.named(flat(m.Outputs["PageURL"].Value)), "https://${Distribution.DomainName}")
}

func TestAPathWithoutAnExtensionIsAViewOfThePage(t *testing.T) {
	var code string
	for id, f := range synthBoard(t).of("AWS::CloudFront::Function") {
		if strings.HasPrefix(id, "ApplicationPageViews") {
			code = flat(f.Properties["FunctionCode"])
		}
	}
	for path, served := range map[string]string{
		"/": "/index.html", "/plan": "/index.html", "/v1.2/plan": "/index.html", "/plan/": "/index.html", "/whiteboard.js": "/whiteboard.js", "/a/b.css": "/a/b.css",
	} {
		want(t, path, handled(t, code, path), served)
	}
}

func TestAnApplicationMayHaveNothingButHandlers(t *testing.T) {
	m := synthApplication(t, &project.Project{}, "alarmEmail=ops@example.com", "monthlyBudget=50", "stopAtBudget=true")
	want(t, "functions", keys(m.functions()), []string{names.Connect, names.Disconnect, names.Fanout, names.Message, names.Sweep})
	for kind, count := range map[string]int{
		"AWS::DynamoDB::GlobalTable": 1, "AWS::Events::Rule": 1, "AWS::CloudFront::Distribution": 0, "AWS::ApiGatewayV2::Api": 1,
	} {
		want(t, kind, len(m.of(kind)), count)
	}
	want(t, "findings", m.findings, nil)
}

func TestWrongParametersFailTheSynthesisOfAnApplication(t *testing.T) {
	for problem, parameter := range map[string]string{
		"context guests is not a parameter; docs/deploy.md lists them":                                                  "guests=true",
		"context webAcl needs a page":                                                                                   "webAcl=" + webACL,
		`context secretsVersion="v 2" must be a word of letters and digits`:                                             "secretsVersion=v 2",
		`context stack="my board" must be a letter and then letters, digits and hyphens, at most 128`:                   "stack=my board",
		"context code is missing: a folder with bootstrap":                                                              "code=",
		"context project: open /missing: no such file or directory":                                                     "project=/missing",
		`context page="/missing" must be a folder with index.html: stat /missing/index.html: no such file or directory`: "page=/missing",
	} {
		_, _, err := newApplicationStack(t, &board, parameter)
		if !slices.Contains(strings.Split(fmt.Sprint(err), "\n"), problem) {
			t.Errorf("%s: %v", parameter, err)
		}
	}
}
