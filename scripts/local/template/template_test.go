package template

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/policy"
)

// resources are those of the template under test, as a test changes them.
type resources map[string]map[string]any

// properties returns those of a resource.
func (r resources) properties(id string) map[string]any { return r[id]["Properties"].(map[string]any) }

// load reads the template of testdata after a change to it.
func load(t *testing.T, change func(resources)) (*Deployment, error) {
	t.Helper()
	text, err := os.ReadFile("testdata/stack.template.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Resources resources }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	change(file.Resources)
	if text, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stack.template.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, "")
}

// read is load of what must be readable.
func read(t *testing.T, change func(resources)) *Deployment {
	t.Helper()
	d, err := load(t, change)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func unchanged(resources) {}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestATemplateIsReadAsItIsDeployed(t *testing.T) {
	d := read(t, unchanged)
	want(t, "tables", d.Tables, []Table{{Name: "Connections", Keys: []string{"pk", "sk"}, Types: []string{"S", "S"}, TTL: "ttl"}})
	want(t, "the WebSocket API", d.WebSocket, WebSocket{
		ID: "Socket", Stage: "prod", Routes: map[string]string{"$default": "Message"}, RouteResponse: true, Throttle: Throttle{20, 10},
	})
	want(t, "the HTTP API's throttle", d.HTTPThrottle, Throttle{})
	want(t, "the HTTP API", d.HTTP, []Route{
		{Key: "POST /api/{proxy+}", Function: "Message", JWT: &JWT{Issuer: "https://id.example.com", Audience: []string{"page"}}},
		{Key: "GET /api/{proxy+}", Function: "Message"},
	})
	want(t, "CORS", d.CORS, &CORS{[]string{"https://chat.example.com"}, []string{"GET"}, []string{"authorization"}, 300})
	want(t, "schedules", d.Schedules, map[string]time.Duration{"Message": 5 * time.Minute})

	if len(d.Functions) != 1 {
		t.Fatalf("functions: %+v", d.Functions)
	}
	f := d.Functions[0]
	want(t, "name", f.Name, "Message")
	want(t, "timeout", f.Timeout, 29*time.Second)
	want(t, "memory", f.MemoryMB, 512)
	want(t, "architecture", f.Architecture, "arm64")
	want(t, "concurrency", f.Reserved, 5)
	want(t, "asynchronous invocations", f.Async, Async{Retries: 1, Destination: "Failures"})
	want(t, "binary", filepath.Join(filepath.Base(filepath.Dir(f.Binary)), filepath.Base(f.Binary)), "asset.0123abcd/bootstrap")
	secret := f.Environment["SECRET"]
	if len(secret) < 32 || strings.Contains(secret, "resolve") {
		t.Errorf("the secret is %q", secret)
	}
	want(t, "environment", f.Environment, map[string]string{
		"TABLE":     "Connections",
		"ENDPOINT":  "https://Socket.execute-api.us-east-1.amazonaws.com/prod",
		"TABLE_ARN": "arn:aws:dynamodb:us-east-1:000000000000:table/Connections/${literal}",
		"SECRET":    secret,
	})
}

func TestARoleMayDoWhatItsOwnPoliciesSay(t *testing.T) {
	role := read(t, unchanged).Functions[0].Role
	table := "arn:aws:dynamodb:us-east-1:000000000000:table/"
	for _, c := range []struct {
		action, resource string
		allowed          bool
	}{
		{"logs:PutLogEvents", "arn:any", true},
		{"dynamodb:GetItem", table + "Connections", true},
		{"dynamodb:GetItem", table + "Others", false},
		{"dynamodb:PutItem", table + "Connections", false},    // denied
		{"dynamodb:Query", table + "Connections", false},      // on a condition only
		{"dynamodb:DeleteItem", table + "Connections", false}, // another role's
	} {
		want(t, c.action+" on "+c.resource, role.Allows(policy.Request{Action: c.action, Resource: c.resource}), c.allowed)
	}
}

func TestWhatAFunctionDoesNotSayIsLambdasDefault(t *testing.T) {
	f := read(t, func(r resources) {
		for _, name := range []string{"Timeout", "MemorySize", "Architectures", "ReservedConcurrentExecutions"} {
			delete(r.properties("Message"), name)
		}
		delete(r, "MessageFailures")
	}).Functions[0]
	want(t, "timeout", f.Timeout, 3*time.Second)
	want(t, "memory", f.MemoryMB, 128)
	want(t, "architecture", f.Architecture, "x86_64")
	want(t, "concurrency", f.Reserved, 0)
	want(t, "asynchronous invocations", f.Async, Async{Retries: 2})
}

func TestASecretBeginsWithTheGivenOne(t *testing.T) {
	d, err := Load("testdata/stack.template.json", "kept")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "the secret", d.Functions[0].Environment["SECRET"], "keptSecret")
}

func TestWithoutAPermissionNothingIsInvoked(t *testing.T) {
	forbidden := NoPermission + "Message"
	for id, invoked := range map[string]func(*Deployment) string{
		"SocketPermission": func(d *Deployment) string { return d.WebSocket.Routes["$default"] },
		"HttpPermission":   func(d *Deployment) string { return d.HTTP[0].Function },
		"RulePermission":   func(d *Deployment) string { return slices.Collect(maps.Keys(d.Schedules))[0] },
	} {
		for what, change := range map[string]func(resources){
			"none":                func(r resources) { delete(r, id) },
			"another principal's": func(r resources) { r.properties(id)["Principal"] = "sns.amazonaws.com" },
			"another source's":    func(r resources) { r.properties(id)["SourceArn"] = "arn:aws:execute-api:us-east-1:1:x/*/$connect" },
			"another action's":    func(r resources) { r.properties(id)["Action"] = "lambda:GetFunction" },
		} {
			want(t, id+": "+what, invoked(read(t, change)), forbidden)
		}
		anywhere := read(t, func(r resources) { delete(r.properties(id), "SourceArn") })
		want(t, id+": of any source", invoked(anywhere), "Message")
	}
}

func TestWithoutARouteResponseNothingIsAnswered(t *testing.T) {
	for what, change := range map[string]func(resources){
		"none":            func(r resources) { delete(r, "SocketResponse") },
		"another route's": func(r resources) { r.properties("SocketResponse")["RouteId"] = map[string]any{"Ref": "HttpRoute"} },
		"another key's":   func(r resources) { r.properties("SocketResponse")["RouteResponseKey"] = "other" },
		"another API's":   func(r resources) { r.properties("SocketResponse")["ApiId"] = map[string]any{"Ref": "Http"} },
		"not selected":    func(r resources) { delete(r.properties("SocketRoute"), "RouteResponseSelectionExpression") },
	} {
		want(t, what, read(t, change).WebSocket.RouteResponse, false)
	}
}

func TestKeysHaveTheTypesThatAreDefined(t *testing.T) {
	d := read(t, func(r resources) {
		r.properties("Connections")["AttributeDefinitions"] = []any{
			map[string]any{"AttributeName": "sk", "AttributeType": "N"}, map[string]any{"AttributeName": "pk", "AttributeType": "B"},
		}
	})
	want(t, "types", d.Tables[0].Types, []string{"B", "N"})
}

func TestTheAccountHasTheSecretsThatAreReferredToByName(t *testing.T) {
	d := read(t, func(r resources) {
		r.properties("Message")["Environment"] = map[string]any{"Variables": map[string]any{
			"ONE": "{{resolve:secretsmanager:Board/ONE:SecretString:::}}", "TWO": "{{resolve:secretsmanager:Board/TWO:SecretString:::}}",
		}}
	})
	environment := d.Functions[0].Environment
	one, isOne := strings.CutSuffix(environment["ONE"], "Board/ONE")
	two, isTwo := strings.CutSuffix(environment["TWO"], "Board/TWO")
	if !isOne || !isTwo || one != two || len(one) < 32 {
		t.Errorf("the secrets are %v", environment)
	}
}

func TestADisabledRuleInvokesNothing(t *testing.T) {
	d := read(t, func(r resources) { r.properties("Rule")["State"] = "DISABLED" })
	want(t, "schedules", len(d.Schedules), 0)
}

// TestWhatIsNotKnownIsAnError: nothing of a stack is silently left out.
func TestWhatIsNotKnownIsAnError(t *testing.T) {
	set := func(id, property string, value any) func(resources) {
		return func(r resources) { r.properties(id)[property] = value }
	}
	statement := func(name string, value any) func(resources) {
		return set("MessagePolicy", "PolicyDocument", map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", name: value}}})
	}
	variable := func(value any) func(resources) {
		return set("Message", "Environment", map[string]any{"Variables": map[string]any{"V": value}})
	}
	targets := func(r resources) []any { return r.properties("Rule")["Targets"].([]any) }
	for problem, change := range map[string]func(resources){
		"Alarm: the local cloud does not support this type: AWS::EC2::VPC":     func(r resources) { r["Alarm"]["Type"] = "AWS::EC2::VPC" },
		"Connections: indexes are not supported here":                          set("Connections", "GlobalSecondaryIndexes", []any{map[string]any{}}),
		"Message: functions of nodejs22.x do not run here":                     set("Message", "Runtime", "nodejs22.x"),
		"Message: no code in an asset":                                         set("Message", "Code", map[string]any{"ZipFile": "x"}),
		`Message: role Missing: there is no resource "Missing"`:                set("Message", "Role", "arn:aws:iam::000000000000:role/Missing"),
		"MessagePolicy: NotAction and NotResource are not supported here":      statement("NotAction", "s3:*"),
		"Message: policy MessagePolicy: NotAction and NotResource are":         statement("NotResource", "*"),
		"there is no resource Missing":                                         variable(map[string]any{"Ref": "Missing"}),
		"there is no resource Gone":                                            variable(map[string]any{"Fn::Sub": "${Gone}"}),
		"Fn::ImportValue with x is not supported here":                         variable(map[string]any{"Fn::ImportValue": "x"}),
		"StreamArn of a AWS::DynamoDB::GlobalTable is not supported here":      variable(map[string]any{"Fn::GetAtt": []any{"Connections", "StreamArn"}}),
		"there is no secret for {{resolve:secretsmanager:Other:":               variable(map[string]any{"Fn::Sub": "{{resolve:secretsmanager:Other:SecretString:::}}"}),
		`"arn:aws:lambda:us-east-1:1:function:Other" is no function`:           set("Rule", "Targets", []any{map[string]any{"Arn": "arn:aws:lambda:us-east-1:1:function:Other"}}),
		`Rule: the schedule "cron(0 8 * * ? *)" is not supported here`:         set("Rule", "ScheduleExpression", "cron(0 8 * * ? *)"),
		`Rule: the schedule "rate(1 fortnight)" is not supported here`:         set("Rule", "ScheduleExpression", "rate(1 fortnight)"),
		"a second schedule of Message":                                         func(r resources) { r.properties("Rule")["Targets"] = append(targets(r), targets(r)...) },
		"a second WebSocket API":                                               func(r resources) { r["Socket2"] = r["Socket"] },
		"Socket: no stage":                                                     func(r resources) { delete(r, "SocketStage") },
		"HttpRoute: authorization by AWS_IAM is not supported here":            set("HttpRoute", "AuthorizationType", "AWS_IAM"),
		`authorizer "HttpAuthorizer": another API's`:                           set("HttpAuthorizer", "ApiId", "Socket"),
		`REQUEST from ["$request.header.Authorization"] is not supported here`: set("HttpAuthorizer", "AuthorizerType", "REQUEST"),
		`JWT from ["$request.querystring.token"] is not supported here`:        set("HttpAuthorizer", "IdentitySource", []any{"$request.querystring.token"}),
		`HttpRoomsRoute: AuthorizerId: there is no resource HttpAuthorizer`:    func(r resources) { delete(r, "HttpAuthorizer") },
		`HttpRoute: target "integrations/No": there is no resource "No"`:       set("HttpRoute", "Target", "integrations/No"),
		`integrations of type "MOCK" are not supported here`:                   set("SocketIntegration", "IntegrationType", "MOCK"),
		"Message: the local cloud does not support this property: Layers":      set("Message", "Layers", []any{}),
		"Http: the local cloud does not support this property: BasePath":       set("Http", "BasePath", "v1"),
		"Message: conditions are not supported here":                           func(r resources) { r["Message"]["Condition"] = "InEurope" },
		"Message: none may run at once":                                        set("Message", "ReservedConcurrentExecutions", 0),
		"role MessageRole: AWS Lambda may not assume it":                       set("MessageRole", "AssumeRolePolicyDocument", map[string]any{}),
		`MessageFailures: the qualifier "live" is not supported here`:          set("MessageFailures", "Qualifier", "live"),
		"is no queue of the template":                                          set("MessageFailures", "DestinationConfig", map[string]any{"OnFailure": map[string]any{"Destination": "arn:aws:sqs:us-east-1:000000000000:Gone"}}),
		"does not allow sqs:SendMessage on":                                    set("MessagePolicy", "Roles", []any{"another-role"}),
		"nothing is deployed to the stage SocketStage":                         set("SocketStage", "AutoDeploy", false),
		"the stage SocketStage lets nothing pass":                              set("SocketStage", "DefaultRouteSettings", map[string]any{"ThrottlingBurstLimit": 5}),
		"the stage v1 would be part of every path":                             set("HttpStage", "StageName", "v1"),
		`target "integrations/SocketIntegration": another API's`:               set("HttpRoute", "Target", "integrations/SocketIntegration"),
		`events of version "1.0" are not supported here`:                       set("HttpIntegration", "PayloadFormatVersion", "1.0"),
		`"arn:aws:lambda:us-east-1:000000000000:function:Message" invokes`:     set("SocketIntegration", "IntegrationUri", map[string]any{"Fn::GetAtt": []any{"Message", "Arn"}}),
		`the route key "join" is not supported here`:                           set("SocketRoute", "RouteKey", "join"),
		"InputPath of a target is not supported here":                          set("Rule", "Targets", []any{map[string]any{"InputPath": "$.x"}}),
		`permission RulePermission: SourceArn: there is no resource Absent`:    set("RulePermission", "SourceArn", map[string]any{"Ref": "Absent"}),
	} {
		_, err := load(t, change)
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("want %s\n got %v", problem, err)
		}
	}
}

func TestAFileThatIsNoTemplateIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	if _, err := Load(path, ""); err == nil {
		t.Error("a file that there is not was read")
	}
	if err := os.WriteFile(path, []byte("Resources:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, ""); err == nil {
		t.Error("YAML was read")
	}
}
