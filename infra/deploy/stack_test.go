package deploy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/names"
)

// routes returns the function of each route, how it is authorized, and whether it has a
// response. It follows the integration and looks for the permission.
func routes(t *testing.T, m template) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, r := range m.of("AWS::ApiGatewayV2::Route") {
		key := flat(r.Properties["RouteKey"])
		id := strings.Trim(strings.TrimPrefix(flat(r.Properties["Target"]), "integrations/"), "${}")
		uri := flat(m.Resources[id].Properties["IntegrationUri"])
		to := "nothing"
		for name := range m.functions() {
			if strings.Contains(m.named(uri), "${"+name+".Arn}") {
				to = name
			}
		}
		if kind := flat(r.Properties["AuthorizationType"]); kind != "NONE" && kind != "" {
			to += ", " + kind
		}
		if flat(r.Properties["RouteResponseSelectionExpression"]) == "$default" {
			to += ", answered"
		}
		path := key[strings.Index(key, " ")+1:] // without the method
		if !slices.ContainsFunc(permissions(m), func(p string) bool {
			return strings.HasPrefix(p, strings.Split(to, ",")[0]+" ") && strings.HasSuffix(p, path)
		}) {
			to += ", forbidden"
		}
		found[key] = to
	}
	return found
}

// permissions returns which function may be invoked by what.
func permissions(m template) []string {
	var found []string
	for _, p := range m.of("AWS::Lambda::Permission") {
		name := strings.TrimSuffix(strings.TrimPrefix(m.named(flat(p.Properties["FunctionName"])), "${"), ".Arn}")
		found = append(found, name+" "+flat(p.Properties["SourceArn"]))
	}
	return found
}

func TestEachRouteReachesItsFunctionAndOnlyMessagesAreAnswered(t *testing.T) {
	want(t, "routes", routes(t, synth(t)), map[string]string{
		"$connect":               "connect",
		"$default":               "message, answered",
		"$disconnect":            "disconnect",
		"GET /api/health":        "api",
		"GET /api/session":       "api",
		"GET /api/openapi.json":  "api",
		"GET /api/asyncapi.json": "api",
		"GET /api/{proxy+}":      "api, JWT",
		"POST /api/{proxy+}":     "api, JWT",
		"PUT /api/{proxy+}":      "api, JWT",
		"PATCH /api/{proxy+}":    "api, JWT",
		"DELETE /api/{proxy+}":   "api, JWT",
	})
	response := synth(t).one(t, "AWS::ApiGatewayV2::RouteResponse")
	want(t, "the route response's key", flat(response.Properties["RouteResponseKey"]), "$default")
}

// API Gateway refuses changes of an API that come at the same time, and CloudFormation makes everything
// at once that does not depend on another.
func TestTheChangesOfAnAPIComeOneAfterTheOther(t *testing.T) {
	m := synth(t)
	var after func(id, before string) bool
	after = func(id, before string) bool {
		return id == before || slices.ContainsFunc(m.dependencies(id), func(d string) bool { return after(d, before) })
	}
	changes := map[string][]string{}
	for id, r := range m.Resources {
		if api := flat(r.Properties["ApiId"]); strings.HasPrefix(r.Type, "AWS::ApiGatewayV2::") && api != "" {
			changes[m.named(api)] = append(changes[m.named(api)], id)
		}
	}
	counts := map[string]int{}
	for api, ids := range changes {
		counts[api] = len(ids)
		for i, one := range ids {
			for _, other := range ids[:i] {
				if !after(one, other) && !after(other, one) {
					t.Errorf("%s and %s come at the same time", one, other)
				}
			}
		}
	}
	want(t, "changes", counts, map[string]int{"${WEBSOCKET API}": 8, "${HTTP API}": 12})
}

// The stage and the methods are known, so no wildcard stands for them. (Of the HTTP API's
// stage, $default, AWS does not document how it is written in an ARN.)
func TestEachFunctionIsInvokedByItsRoutesAlone(t *testing.T) {
	m := synth(t)
	api := func(protocol string) string {
		return "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${" + protocol + " API}/"
	}
	var from []string
	for _, p := range permissions(m) {
		from = append(from, m.named(p))
	}
	slices.Sort(from)
	want(t, "permissions", from, []string{
		"api " + api("HTTP") + "*/DELETE/api/{proxy+}",
		"api " + api("HTTP") + "*/GET/api/asyncapi.json",
		"api " + api("HTTP") + "*/GET/api/health",
		"api " + api("HTTP") + "*/GET/api/openapi.json",
		"api " + api("HTTP") + "*/GET/api/session",
		"api " + api("HTTP") + "*/GET/api/{proxy+}",
		"api " + api("HTTP") + "*/PATCH/api/{proxy+}",
		"api " + api("HTTP") + "*/POST/api/{proxy+}",
		"api " + api("HTTP") + "*/PUT/api/{proxy+}",
		"connect " + api("WEBSOCKET") + "prod/$connect",
		"disconnect " + api("WEBSOCKET") + "prod/$disconnect",
		"message " + api("WEBSOCKET") + "prod/$default",
		"sweep ${ChatRealtimeEveryMinute769F6CB5.Arn}",
	})
}

func TestSettingsOfTheEngineReachEveryFunction(t *testing.T) {
	for name, f := range synth(t, "heartbeat=ping", "routeResponse=filled", "recovery=2m").functions() {
		variables := at(f.Properties["Environment"], "Variables").(map[string]any)
		want(t, name, []any{variables[names.EnvHeartbeat], variables[names.EnvRouteResponse], variables[names.EnvRecovery]},
			[]any{"ping", "filled", "2m0s"})
	}
}

func TestPresenceReachesEveryFunctionOfTheChat(t *testing.T) {
	for name, f := range synth(t, "presence=everyone", "presenceGrace=1m").functions() {
		variables := at(f.Properties["Environment"], "Variables").(map[string]any)
		expected := []any{"everyone", "1m0s"}
		if name == names.Connect {
			expected = []any{nil, nil}
		}
		want(t, name, []any{variables[names.EnvPresence], variables[names.EnvPresenceGrace]}, expected)
	}
}

func TestGuestsPassAPIGatewayAndAreVerifiedByTheFunction(t *testing.T) {
	m := synth(t, "guests=true")
	want(t, "routes", routes(t, m), map[string]string{
		"$connect":             "connect",
		"$default":             "message, answered",
		"$disconnect":          "disconnect",
		"GET /api/{proxy+}":    "api",
		"POST /api/{proxy+}":   "api",
		"PUT /api/{proxy+}":    "api",
		"PATCH /api/{proxy+}":  "api",
		"DELETE /api/{proxy+}": "api",
	})
	want(t, "authorizers", len(m.of("AWS::ApiGatewayV2::Authorizer")), 0)
	for name, f := range m.functions() {
		secret := flat(at(f.Properties["Environment"], "Variables", names.EnvGuestSecret))
		if has := strings.Contains(secret, "{{resolve:secretsmanager:"); has != (name == names.Message || name == names.API) {
			t.Errorf("%s has the secret %q", name, secret)
		}
	}
}

func TestEachFunctionHasTheEnvironmentThatItReads(t *testing.T) {
	engine := map[string]string{
		names.EnvRealtimeTable:      "${RealtimeTable}",
		names.EnvManagementEndpoint: "https://${WEBSOCKET API}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod",
		names.EnvAllowedOrigins:     "https://${Distribution.DomainName}",
		names.EnvMetrics:            "emf",
		names.EnvStack:              "${AWS::StackName}",
	}
	chat := map[string]string{names.EnvChatTable: "${ChatTable}"}
	signIn := map[string]string{
		names.EnvOIDCIssuer:   "${Users.ProviderURL}",
		names.EnvOIDCAudience: "${UserPoolClient}",
		names.EnvFilesBucket:  "${Attachments}",
	}
	fanout := map[string]string{names.EnvFanoutQueue: "${Fanouts}"}
	m := synth(t)
	for name, has := range map[string][]map[string]string{
		names.Connect:    {engine},
		names.Message:    {engine, chat, fanout, signIn},
		names.Disconnect: {engine, chat, fanout},
		names.Fanout:     {engine, chat, fanout},
		names.Sweep:      {engine, chat, fanout},
		names.API:        {engine, chat, fanout, signIn},
	} {
		expected := map[string]string{}
		for _, some := range has {
			for variable, value := range some {
				expected[variable] = value
			}
		}
		got := map[string]string{}
		for variable, value := range at(m.functions()[name].Properties["Environment"], "Variables").(map[string]any) {
			got[variable] = m.named(flat(value))
		}
		want(t, name, got, expected)
	}
}

func TestFunctionsAreArm64AndLogToGroupsOfTheirOwn(t *testing.T) {
	m := synth(t, "logRetentionDays=90")
	logs := map[string]bool{}
	for name, f := range m.functions() {
		want(t, name, map[string]string{
			"runtime":      flat(f.Properties["Runtime"]),
			"architecture": flat(f.Properties["Architectures"]),
			"format":       flat(at(f.Properties["LoggingConfig"], "LogFormat")),
			"system":       flat(at(f.Properties["LoggingConfig"], "SystemLogLevel")),
		}, map[string]string{"runtime": "provided.al2023", "architecture": `["arm64"]`, "format": "JSON", "system": "WARN"})
		logs[flat(at(f.Properties["LoggingConfig"], "LogGroup"))] = true
	}
	want(t, "groups", len(logs), len(names.Functions()))
	for id, log := range m.of("AWS::Logs::LogGroup") {
		want(t, id, log.Properties["RetentionInDays"], any(90.0))
	}
}

// AWS has one rule for names below /aws/vendedlogs/. Functions write their logs themselves.
func TestAccessLogsHaveNamesOfTheirStackAmongThoseThatAWSWritesTo(t *testing.T) {
	m := synth(t)
	written := map[string]bool{}
	for _, stage := range m.of("AWS::ApiGatewayV2::Stage") {
		destination := flat(at(stage.Properties["AccessLogSettings"], "DestinationArn"))
		for id := range m.of("AWS::Logs::LogGroup") {
			if strings.Contains(destination, "${"+id+"}") || strings.Contains(destination, "${"+id+".Arn}") {
				written[id] = true
			}
		}
	}
	want(t, "access logs", len(written), 2)
	named := map[string]bool{}
	for id, log := range m.of("AWS::Logs::LogGroup") {
		name := flat(log.Properties["LogGroupName"])
		if !written[id] {
			want(t, id, name, "")
			continue
		}
		if !strings.HasPrefix(name, "/aws/vendedlogs/apigateway/${AWS::StackName}/") || named[name] {
			t.Errorf("%s is called %s", id, name)
		}
		named[name] = true
	}
}

func TestTheSweepRunsEveryMinute(t *testing.T) {
	m := synth(t)
	rule := m.one(t, "AWS::Events::Rule")
	want(t, "the rule", []string{
		flat(rule.Properties["ScheduleExpression"]), flat(rule.Properties["State"]), m.named(flat(at(rule.Properties["Targets"], "Arn"))),
	}, []string{"rate(1 minute)", "ENABLED", "${sweep.Arn}"})
	if !slices.ContainsFunc(permissions(m), func(p string) bool { return strings.HasPrefix(p, "sweep ") && strings.Contains(p, "EveryMinute") }) {
		t.Errorf("the schedule may not invoke the sweep: %v", permissions(m))
	}
}

func TestWhatFailsForGoodIsKept(t *testing.T) {
	m := synth(t)
	kept := map[string]string{}
	for _, c := range m.of("AWS::Lambda::EventInvokeConfig") {
		kept[m.named(flat(c.Properties["FunctionName"]))] = m.named(flat(at(c.Properties["DestinationConfig"], "OnFailure", "Destination")))
	}
	want(t, "destinations", kept, map[string]string{"${sweep}": "${Queue.Arn}"})
	keeps := map[string]any{}
	for id, q := range m.of("AWS::SQS::Queue") {
		keeps[m.named("${"+id+"}")] = q.Properties["MessageRetentionPeriod"]
		if redrive := q.Properties["RedrivePolicy"]; redrive != nil {
			want(t, "the dead letters", m.named(flat(at(redrive, "deadLetterTargetArn"))), "${FailedFanouts.Arn}")
		}
	}
	want(t, "seconds that queues keep", keeps, map[string]any{"${Queue}": 4 * 24 * 3600.0, "${FailedFanouts}": 4 * 24 * 3600.0, "${Fanouts}": 900.0})
}

func TestAChunkThatIsBeingDeliveredIsNotGivenToAnother(t *testing.T) {
	m := synth(t)
	mapping := m.one(t, "AWS::Lambda::EventSourceMapping").Properties
	want(t, "the mapping", m.named(flat(mapping["FunctionName"]))+" "+m.named(flat(mapping["EventSourceArn"]))+" "+flat(mapping["BatchSize"]), "${fanout} ${Fanouts.Arn} 1")
	for id, q := range m.of("AWS::SQS::Queue") {
		if m.named("${"+id+"}") == "${Fanouts}" {
			want(t, "the visibility timeout", q.Properties["VisibilityTimeout"], m.functions()[names.Fanout].Properties["Timeout"])
			want(t, "groups of their own", flat(q.Properties["DeduplicationScope"])+" "+flat(q.Properties["FifoThroughputLimit"]), "messageGroup perMessageGroupId")
		}
	}
}

func TestStagesAreThrottled(t *testing.T) {
	throttles := func(parameters ...string) map[string]any {
		m, found := synth(t, parameters...), map[string]any{}
		for _, stage := range m.of("AWS::ApiGatewayV2::Stage") {
			found[m.named(flat(stage.Properties["ApiId"]))] = stage.Properties["DefaultRouteSettings"]
		}
		return found
	}
	throttle := func(rate, burst float64) any {
		return map[string]any{"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
	}
	want(t, "by default", throttles(), map[string]any{
		"${WEBSOCKET API}": throttle(5000, 2500), "${HTTP API}": throttle(1000, 500),
	})
	for _, quota := range []float64{2500, 100_000} {
		want(t, "in proportion to the account's quota", throttles(fmt.Sprintf("accountRequestsPerSecond=%.0f", quota)), map[string]any{
			"${WEBSOCKET API}": throttle(quota/2, quota/4), "${HTTP API}": throttle(quota/10, quota/20),
		})
	}
	want(t, "as asked", throttles("requestsPerSecond=100", "burst=50"), map[string]any{
		"${WEBSOCKET API}": throttle(100, 50), "${HTTP API}": throttle(100, 50),
	})
}

func TestLambdaPassesDebugLinesAndNeverDropsMetrics(t *testing.T) {
	for level, passed := range map[string]any{"debug": "DEBUG", "info": nil, "error": nil} {
		for name, f := range synth(t, "logLevel="+level).functions() {
			want(t, name+" at "+level, at(f.Properties["LoggingConfig"], "ApplicationLogLevel"), passed)
		}
	}
}

func TestAnotherNameIsAnotherStack(t *testing.T) {
	for name, parameters := range map[string][]string{"Confab": nil, "Staging-2": {"stackName=Staging-2"}} {
		_, s, err := newStack(t, parameters...)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "the name", *s.StackName(), name)
	}
}

// Some names are unique in an account, for all stacks and regions.
func TestNamesOfTheAccountAreTheStacksOwn(t *testing.T) {
	m := synth(t, "guests=true")
	named := map[string]bool{}
	for _, kind := range []struct{ name, where, property string }{
		{"AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", "Name"},
		{"AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig", "Name"},
		{"AWS::Cognito::UserPoolDomain", "", "Domain"},
	} {
		for id, r := range m.of(kind.name) {
			var value any = r.Properties[kind.property]
			if kind.where != "" {
				value = at(r.Properties[kind.where], kind.property)
			}
			name := flat(value)
			if !strings.Contains(name, `"AWS::StackId"`) || named[name] {
				t.Errorf("%s is called %s", id, name)
			}
			named[name] = true
		}
	}
	want(t, "names", len(named), 3)
}

func TestLargeFanOutsHaveTheRateThatIsAskedFor(t *testing.T) {
	for parameter, rate := range map[string]string{"": "", "postsPerSecond=4000": "4000", "accountRequestsPerSecond=20000": "12000"} {
		var parameters []string
		if parameter != "" {
			parameters = append(parameters, parameter)
		}
		for name, f := range synth(t, parameters...).functions() {
			expected := rate
			if name == names.Connect {
				expected = ""
			}
			want(t, name+" "+parameter, flat(at(f.Properties["Environment"], "Variables", names.EnvPostsPerSecond)), expected)
		}
	}
}
