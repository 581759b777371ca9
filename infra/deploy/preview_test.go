package deploy

import (
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/names"
)

const previewFunction = "${preview.Arn}"

func TestLinkPreviewsAreAFunctionThatHasNothing(t *testing.T) {
	m := synth(t, "linkPreviews=true", "previewConcurrency=5", "logRetentionDays=7")
	want(t, "findings", m.findings, nil)
	f, found := m.functions()[names.Preview]
	if !found {
		t.Fatal("there is no function")
	}
	for property, expected := range map[string]any{
		"Environment": nil, "VpcConfig": nil, "TracingConfig": nil, "Layers": nil, "FileSystemConfigs": nil,
		"ReservedConcurrentExecutions": 5.0, "Timeout": 10.0,
	} {
		want(t, property, f.Properties[property], expected)
	}
	granted := grants(m)
	want(t, "its grants", granted[names.Preview], map[string][]string{log: {"logs:CreateLogStream", "logs:PutLogEvents"}})
	var callers []string
	for name, allowed := range granted {
		if slices.Contains(allowed[previewFunction], "lambda:InvokeFunction") {
			callers = append(callers, name)
		}
	}
	slices.Sort(callers)
	want(t, "callers", callers, []string{names.API, names.Message})
	want(t, "nobody else may invoke it", len(m.permissionsOf(names.Preview)), 0)
	want(t, "logs", len(m.of("AWS::Logs::LogGroup")), len(synth(t).of("AWS::Logs::LogGroup"))+1)
}

// permissionsOf returns the permissions of services to invoke a function.
func (m template) permissionsOf(function string) (found []resource) {
	for _, p := range m.of("AWS::Lambda::Permission") {
		if m.named(flat(p.Properties["FunctionName"])) == "${"+function+".Arn}" {
			found = append(found, p)
		}
	}
	return found
}

func TestWithoutLinkPreviewsThereIsNothingOfThem(t *testing.T) {
	m := synth(t)
	for name, f := range m.functions() {
		want(t, name, at(f.Properties["Environment"], "Variables", names.EnvPreviewFunction), nil)
		if name == names.Preview {
			t.Error("there is a function")
		}
	}
}
