package deploy

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// assets is a folder that replaces the functions' code and the page.
var assets string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer jsii.Close()
		dir, err := os.MkdirTemp("", "confab")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		for _, name := range []string{"index.html", "bootstrap"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("<title>Confab</title>"), 0o600); err != nil {
				panic(err)
			}
		}
		assets = dir
		return m.Run()
	}())
}

// resource is a resource of a template.
type resource struct {
	Type                string
	Properties          map[string]any
	Metadata            map[string]any
	DependsOn           []string
	DeletionPolicy      string
	UpdateReplacePolicy string
}

// template is a synthesized template.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	// findings are cdk-nag's.
	findings []string
}

var synthesized = map[string]template{}

// synth returns the template for parameters given as "name=value", as on the command line.
// It also checks CloudFormation's own rules, as cdk.json says; a finding fails the test.
func synth(t *testing.T, parameters ...string) template {
	t.Helper()
	key := strings.Join(parameters, " ")
	if known, ok := synthesized[key]; ok {
		return known
	}
	app, s, err := newStack(t, parameters...)
	if err != nil {
		t.Fatal(err)
	}
	synthesized[key] = finish(t, app, s)
	return synthesized[key]
}

// finish synthesizes a stack.
func finish(t *testing.T, app awscdk.App, s awscdk.Stack) template {
	t.Helper()
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
	encoded, err := json.Marshal(assertions.Template_FromStack(s, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	var made template
	if err := json.Unmarshal(encoded, &made); err != nil {
		t.Fatal(err)
	}
	anything := assertions.Match_StringLikeRegexp(jsii.String(".*"))
	for _, found := range *assertions.Annotations_FromStack(s).FindError(jsii.String("*"), anything) {
		text, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		made.findings = append(made.findings, string(text))
	}
	return made
}

func newStack(t *testing.T, parameters ...string) (awscdk.App, awscdk.Stack, error) {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Context: contextOf(t, parameters)})
	s, err := NewStack(app, &Props{
		Code: func(string, awslambda.Architecture) awslambda.Code {
			return awslambda.Code_FromAsset(jsii.String(assets), nil)
		},
		PageFiles: assets,
	})
	return app, s, err
}

// contextOf returns the context of cdk.json with the parameters.
func contextOf(t *testing.T, parameters []string) *map[string]any {
	t.Helper()
	file, err := os.ReadFile("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var settings struct{ Context map[string]any }
	if err := json.Unmarshal(file, &settings); err != nil {
		t.Fatal(err)
	}
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		settings.Context[name] = value
	}
	return &settings.Context
}

// of returns the resources of a type by their logical ids.
func (m template) of(kind string) map[string]resource {
	found := map[string]resource{}
	for id, r := range m.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// one returns the only resource of a type.
func (m template) one(t *testing.T, kind string) resource {
	t.Helper()
	found := m.of(kind)
	if len(found) != 1 {
		t.Fatalf("there are %d of %s", len(found), kind)
	}
	for _, r := range found {
		return r
	}
	panic("unreachable")
}

// functions returns our functions by their names in package names.
func (m template) functions() map[string]resource {
	found := map[string]resource{}
	for _, r := range m.of("AWS::Lambda::Function") {
		if about, ok := strings.CutPrefix(flat(r.Properties["Description"]), "Confab: "); ok {
			name, _, _ := strings.Cut(about, ",")
			found[name] = r
		}
	}
	return found
}

// named replaces logical ids in a text by words: those of functions by their names.
func (m template) named(text string) string {
	for id, r := range m.Resources {
		name := ""
		switch r.Type {
		case "AWS::Lambda::Function":
			about, _ := strings.CutPrefix(flat(r.Properties["Description"]), "Confab: ")
			name, _, _ = strings.Cut(about, ",")
		case "AWS::ApiGatewayV2::Api":
			name = flat(r.Properties["ProtocolType"]) + " API"
		case "AWS::SQS::Queue":
			name = "Queue"
			if r.Properties["FifoQueue"] == true {
				name = "Fanouts"
				if r.Properties["RedrivePolicy"] == nil {
					name = "FailedFanouts"
				}
			}
		case "AWS::ApiGatewayV2::Stage", "AWS::CloudFront::Distribution", "AWS::SecretsManager::Secret",
			"AWS::S3::Bucket", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain":
			if id != "Attachments" {
				name = r.Type[strings.LastIndex(r.Type, ":")+1:]
			}
		case "AWS::Logs::LogGroup":
			name = "log"
		}
		if name != "" {
			text = strings.ReplaceAll(text, "${"+id, "${"+name)
		}
	}
	return text
}

// dependencies returns the resources that a resource names.
func (m template) dependencies(id string) []string {
	named := slices.Clone(m.Resources[id].DependsOn)
	var find func(v any)
	find = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				find(item)
			}
		case map[string]any:
			if of, ok := v["Fn::GetAtt"].([]any); ok {
				named = append(named, flat(of[0]))
			}
			if ref, ok := v["Ref"].(string); ok && !strings.HasPrefix(ref, "AWS::") {
				named = append(named, ref)
			}
			for _, item := range v {
				find(item)
			}
		}
	}
	find(m.Resources[id].Properties)
	return named
}

// flat writes a value of a template as text, with ${Id} and ${Id.Attribute}.
func flat(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any:
		if id, ok := v["Ref"].(string); ok {
			return "${" + id + "}"
		}
		if of, ok := v["Fn::GetAtt"].([]any); ok {
			return "${" + flat(of[0]) + "." + flat(of[1]) + "}"
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return text
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, flat(part))
			}
			return strings.Join(parts, flat(join[0]))
		}
	}
	encoded, _ := json.Marshal(v)
	return string(encoded)
}

// at follows a path of keys into a value.
func at(v any, path ...string) any {
	for _, key := range path {
		switch within := v.(type) {
		case map[string]any:
			v = within[key]
		case []any:
			v = within[0].(map[string]any)[key]
		default:
			return nil
		}
	}
	return v
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.MarshalIndent(got, "", "  ")
		w, _ := json.MarshalIndent(want, "", "  ")
		t.Errorf("%s\ngot  %s\nwant %s", what, g, w)
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
