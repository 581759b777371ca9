package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

func TestTheRulesOfAWSSolutionsFindNothing(t *testing.T) {
	for _, parameters := range [][]string{
		{},
		{"guests=true"},
		{"guests=true", "userPool=false", "page=false", "allowedOrigins=*", "apiGatewayLogRole=false"},
		{"issuer=https://id.example.com/tenant", "clientId=page", "connectSources=https://token.example.com"},
		{"domainName=chat.example.com", "certificateArn=" + certificate, "hostedZoneId=Z1", "hostedZoneName=example.com"},
		{"recovery=2m", "tracing=true", "logRetentionDays=7", "logLevel=debug", "postsPerSecond=4000"},
		{"alarmEmail=ops@example.com", "monthlyBudget=50", "stopAtBudget=true"},
		{"retainData=false"},
	} {
		want(t, strings.Join(parameters, " "), synth(t, parameters...).findings, nil)
	}
}

func TestCloudFormationsOwnRulesAreFatal(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Context: contextOf(t, nil)})
	empty := awscdk.NewStack(app, jsii.String("Empty"), nil) // which no template may be
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "ValidationFailed") {
			t.Errorf("the synthesis ended with %s", p)
		}
	}()
	assertions.Template_FromStack(empty, nil)
}

func TestSuppressionsHaveReasonsAndWildcardsAreNamed(t *testing.T) {
	for id, r := range synth(t).Resources {
		for _, rule := range suppressed(r) {
			if len(rule.Reason) < 20 {
				t.Errorf("%s suppresses %s because of %q", id, rule.ID, rule.Reason)
			}
			if rule.ID == "AwsSolutions-IAM5" && len(rule.AppliesTo) == 0 {
				t.Errorf("%s may have any wildcard", id)
			}
		}
	}
}

type suppression struct {
	ID        string            `json:"id"`
	Reason    string            `json:"reason"`
	AppliesTo []json.RawMessage `json:"applies_to"`
}

func suppressed(r resource) []suppression {
	var rules []suppression
	encoded, _ := json.Marshal(at(r.Metadata, "cdk_nag", "rules_to_suppress"))
	_ = json.Unmarshal(encoded, &rules)
	return rules
}

func TestAccessLogsHoldNothingThatPeopleWriteOrSignInWith(t *testing.T) {
	safe := map[string][]string{
		"WEBSOCKET": {
			"$context.connectionId", "$context.error.responseType", "$context.eventType", "$context.identity.sourceIp",
			"$context.integrationLatency", "$context.integrationStatus", "$context.requestId", "$context.requestTimeEpoch",
			"$context.routeKey", "$context.status",
		},
		"HTTP": {
			"$context.error.responseType", "$context.identity.sourceIp", "$context.integrationLatency",
			"$context.integrationStatus", "$context.requestId", "$context.requestTimeEpoch", "$context.responseLength",
			"$context.routeKey", "$context.status",
		},
	}
	m := synth(t)
	for _, stage := range m.of("AWS::ApiGatewayV2::Stage") {
		var fields map[string]string
		if err := json.Unmarshal([]byte(flat(at(stage.Properties["AccessLogSettings"], "Format"))), &fields); err != nil {
			t.Fatal(err)
		}
		var logged []string
		for _, field := range fields {
			logged = append(logged, field)
		}
		slices.Sort(logged)
		api := strings.TrimSuffix(strings.TrimPrefix(m.named(flat(stage.Properties["ApiId"])), "${"), " API}")
		want(t, api, logged, safe[api])
		if stage.Properties["DefaultRouteSettings"].(map[string]any)["DataTraceEnabled"] != nil {
			t.Error("whole messages are logged")
		}
	}
}

func TestAPIGatewayMayWriteItsLogs(t *testing.T) {
	m := synth(t)
	account := m.one(t, "AWS::ApiGateway::Account")
	want(t, "stays", account.DeletionPolicy, "Retain")
	api := ""
	for id, a := range m.of("AWS::ApiGatewayV2::Api") {
		if flat(a.Properties["ProtocolType"]) == "WEBSOCKET" {
			api = id
		}
	}
	// An account has this setting from its first API on.
	want(t, "comes after", account.DependsOn, []string{api})
	role := m.Resources[strings.TrimSuffix(strings.TrimPrefix(flat(account.Properties["CloudWatchRoleArn"]), "${"), ".Arn}")]
	want(t, "its role", flat(at(role.Properties["AssumeRolePolicyDocument"], "Statement", "Principal")), `{"Service":"apigateway.amazonaws.com"}`)
	for id, stage := range m.of("AWS::ApiGatewayV2::Stage") {
		if m.named(flat(stage.Properties["ApiId"])) == "${WEBSOCKET API}" &&
			!slices.ContainsFunc(stage.DependsOn, func(id string) bool { return m.Resources[id].Type == "AWS::ApiGateway::Account" }) {
			t.Errorf("%s may come before the permission to log", id)
		}
	}
	want(t, "left alone", len(synth(t, "apiGatewayLogRole=false").of("AWS::ApiGateway::Account")), 0)
}

func TestWrongParametersFailTheSynthesis(t *testing.T) {
	for problem, parameters := range map[string][]string{
		`context guests="yes" must be true or false`:                                                    {"guests=yes"},
		`context burst="many" must be a positive number`:                                                {"burst=many"},
		`context recovery="soon" must be a duration such as 2m`:                                         {"recovery=soon"},
		`context allowedOrigins="example.com" must be origins such as https://example.com`:              {"allowedOrigins=example.com"},
		`context connectSources="*" must be origins such as https://example.com`:                        {"connectSources=*"},
		`context logRetentionDays="31" must be 1, 3, 5, 7, 14, 30, 60, 90, 180 or 365`:                  {"logRetentionDays=31"},
		`context logLevel="loud" must be debug, info, warn or error`:                                    {"logLevel=loud"},
		`context architecture="mips" must be arm64 or x86_64`:                                           {"architecture=mips"},
		`context issuer="id.example.com" must be a URL such as https://id.example.com`:                  {"issuer=id.example.com", "clientId=page"},
		`context issuer="https://id.example.com?tenant=1" must be a URL such as https://id.example.com`: {"issuer=https://id.example.com?tenant=1", "clientId=page"},
		`context recovery="1us" must be a duration such as 2m`:                                          {"recovery=1us"},
		`context allowedOrigins="https://Example.com" must be origins such as https://example.com`:      {"allowedOrigins=https://Example.com"},
		`context presence="loud" must be watchers, everyone or off`:                                     {"presence=loud"},
		`context heartbeat="loud" must be alternate, ping or noop`:                                      {"heartbeat=loud"},
		`context routeResponse="none" must be every or filled`:                                          {"routeResponse=none"},
		`context guest is not a parameter; docs/deploy.md lists them`:                                   {"guest=true"},
		`context guestKey needs guests`:                                                                 {"guestKey=2"},
		// This is left of a hash when make and the shell expand its dollar signs.
		`context admin="ada:a0bcdef" must be NAME:HASH with a bcrypt hash, which go run ./scripts/adminhash prints`:              {"admin=ada:a0bcdef"},
		`context webAcl="arn:aws:wafv2:eu-west-1:1:regional/webacl/x" must be the ARN of a web ACL for CloudFront, of us-east-1`: {"webAcl=arn:aws:wafv2:eu-west-1:1:regional/webacl/x"},
		`context issuer needs clientId`:                                                                  {"issuer=https://id.example.com"},
		`context userPool=false needs issuer or guests=true: no one could sign in`:                       {"userPool=false"},
		`context clientId needs issuer`:                                                                  {"clientId=page"},
		`context monthlyBudget needs alarmEmail`:                                                         {"monthlyBudget=50"},
		`context certificateArn needs domainName`:                                                        {"certificateArn=" + certificate},
		`context hostedZoneName needs hostedZoneId`:                                                      {"hostedZoneName=example.com"},
		`context webAcl needs a page`:                                                                    {"webAcl=" + webACL, "page=false"},
		`context connectSources needs a page`:                                                            {"connectSources=https://example.com", "page=false"},
		`context postsPerSecond="2.5" must be a whole number`:                                            {"postsPerSecond=2.5"},
		`context requestsPerSecond="20000" must be at most accountRequestsPerSecond, 10000`:              {"requestsPerSecond=20000"},
		`context postsPerSecond="5001" must be at most accountRequestsPerSecond, 5000`:                   {"accountRequestsPerSecond=5000", "postsPerSecond=5001"},
		`context requestsPerSecond="many" must be a positive number`:                                     {"requestsPerSecond=many"},
		`context burst="5001" must be at most half of accountRequestsPerSecond, 5000`:                    {"burst=5001"},
		`context burst="2000" must be at most half of accountRequestsPerSecond, 1250`:                    {"accountRequestsPerSecond=2500", "burst=2000"},
		`context postDeadline="16m" must be at most 15m0s, for which a large fan-out is kept`:            {"postDeadline=16m"},
		`context warmWrites="1000" must be at least 4000, which every table has`:                         {"warmWrites=1000"},
		`context stackName="my chat" must be a letter and then letters, digits and hyphens, at most 128`: {"stackName=my chat"},
		`context certificateArn="" must be the ARN of a certificate for domainName`:                      {"domainName=chat.example.com"},
		`context certificateArn="arn:aws:acm:eu-west-1:1:c" must be the ARN of a certificate of us-east-1, because CloudFront accepts no other`: {
			"domainName=chat.example.com", "certificateArn=arn:aws:acm:eu-west-1:1:c",
		},
	} {
		_, _, err := newStack(t, parameters...)
		want(t, strings.Join(parameters, " "), fmt.Sprint(err), problem)
	}
}

func TestTheGuideHasEveryParameter(t *testing.T) {
	guide, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []Parameter
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\| (.*) \\| (.*) \\|$").FindAllStringSubmatch(string(guide), -1) {
		documented = append(documented, Parameter{row[1], row[2], row[3]})
	}
	want(t, "docs/deploy.md", documented, append(slices.Clone(Parameters), ownParameters...))
}

func TestTheGuidesCodeIsThatOfTheExamples(t *testing.T) {
	guide, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../confab/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) == 0 {
		t.Fatal("the guide has no code")
	}
	for _, block := range blocks {
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(block[1]), "\n", "\n\t")
		if !strings.Contains(string(example), indented) {
			t.Errorf("not in the examples:\n%s", block[1])
		}
	}
}
