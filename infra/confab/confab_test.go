package confab_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/confab-chat/confab/infra/confab"
	"github.com/confab-chat/confab/shared/names"
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer jsii.Close()
		return m.Run()
	}())
}

// code replaces the functions' code, so that no build is needed.
func code(t *testing.T) func(string) awslambda.Code {
	dir := t.TempDir()
	return func(string) awslambda.Code { return awslambda.Code_FromAsset(jsii.String(dir), nil) }
}

// page is a folder that replaces the built page.
func page(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/index.html", []byte("<title>Confab</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// stack returns an empty stack, and a function that synthesizes it: it returns the ids of
// the resources by type, and cdk-nag's findings.
func stack() (awscdk.Stack, func(t *testing.T) (map[string][]string, []string)) {
	app := awscdk.NewApp(nil)
	s := awscdk.NewStack(app, jsii.String("Mine"), nil)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
	return s, func(t *testing.T) (map[string][]string, []string) {
		t.Helper()
		encoded, err := json.Marshal(assertions.Template_FromStack(s, nil).ToJSON())
		if err != nil {
			t.Fatal(err)
		}
		var template struct {
			Resources map[string]struct{ Type string }
		}
		if err := json.Unmarshal(encoded, &template); err != nil {
			t.Fatal(err)
		}
		resources := map[string][]string{}
		for id, r := range template.Resources {
			resources[r.Type] = append(resources[r.Type], id)
		}
		var findings []string
		anything := assertions.Match_StringLikeRegexp(jsii.String(".*"))
		for _, found := range *assertions.Annotations_FromStack(s).FindError(jsii.String("*"), anything) {
			text, err := json.Marshal(found)
			if err != nil {
				t.Fatal(err)
			}
			findings = append(findings, string(text))
		}
		return resources, findings
	}
}

func TestTheEngineStandsAlone(t *testing.T) {
	s, finish := stack()
	r := confab.NewRealtime(s, "Realtime", &confab.RealtimeProps{
		Code:           code(t),
		AllowedOrigins: []string{"https://game.example.com"},
		Domain: &confab.Domain{
			Name:           "socket.example.com",
			CertificateARN: "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
		},
	})
	resources, findings := finish(t)
	if len(findings) > 0 {
		t.Errorf("findings: %v", findings)
	}
	for kind, is := range map[string]bool{
		"AWS::ApiGatewayV2::ApiMapping": true, "AWS::DynamoDB::GlobalTable": true, "AWS::CloudWatch::Dashboard": true,
		"AWS::Cognito::UserPool": false, "AWS::CloudFront::Distribution": false,
	} {
		if (len(resources[kind]) == 1) != is {
			t.Errorf("%s: %v", kind, resources[kind])
		}
	}
	for _, name := range names.Functions() {
		if (r.Function(name) != nil) != (name != names.API) {
			t.Errorf("function %s: %v", name, r.Function(name))
		}
	}
}

func TestTwoChatsStandInOneStack(t *testing.T) {
	s, finish := stack()
	for _, id := range []string{"One", "Two"} {
		confab.NewChat(s, id, &confab.ChatProps{
			// Only one of them may manage the account's setting.
			RealtimeProps: confab.RealtimeProps{Code: code(t), NoLogRole: id == "Two"},
			Page:          confab.PageProps{Files: page(t)},
		})
	}
	resources, findings := finish(t)
	if len(findings) > 0 {
		t.Errorf("findings: %v", findings)
	}
	// The CDK has one upload function, so its role must serve both pages.
	var uploads []string
	for _, id := range resources["AWS::IAM::Role"] {
		if strings.HasPrefix(id, "ConfabUpload") {
			uploads = append(uploads, id)
		}
	}
	if len(uploads) != 1 || len(resources["Custom::CDKBucketDeployment"]) != 2 {
		t.Errorf("upload roles %v for %v", uploads, resources["Custom::CDKBucketDeployment"])
	}
	if n := len(resources["AWS::Cognito::UserPoolDomain"]); n != 2 {
		t.Errorf("%d sign-in domains", n)
	}
}
