package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnApplicationIsSynthesizedWithWhatItHas(t *testing.T) {
	dir := newApplicationIn(t, "-template", "chat")
	linkEngine(t, dir) // and the CDK's command
	// This machine's architecture, so that not all is compiled once more.
	out, err := confab(t, dir, "deploy", "-synth", "-stack", "Talk", "-c", "architecture=x86_64", "-c", "allowedOrigins=*")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, ".confab", "deploy", "cdk.out", "Talk.template.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct{ Type string }
		Outputs   map[string]any
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d resources in %s\n", len(template.Resources), path); !strings.HasSuffix(out, want) {
		t.Errorf("it says %q, not %q", out, want)
	}
	has := map[string]int{}
	for _, r := range template.Resources {
		has[r.Type]++
	}
	if has["AWS::DynamoDB::GlobalTable"] != 2 || has["AWS::CloudFront::Distribution"] != 1 || template.Outputs["PageURL"] == nil {
		t.Errorf("it has %v and %v", has, template.Outputs)
	}
	if !strings.Contains(string(text), `"CONFAB_TABLE_MESSAGES"`) {
		t.Error("no function finds the table")
	}
}

func TestTheVersionOfTheCDKIsThatOfThisRepository(t *testing.T) {
	text, err := os.ReadFile("../../package.json")
	if err != nil || !strings.Contains(string(text), `"aws-cdk": "`+cdkVersion+`"`) {
		t.Errorf("package.json has another version of the CDK: %v", err)
	}
}

func TestAParameterHasAName(t *testing.T) {
	dir := newApplicationIn(t, "-page=false")
	if _, err := confab(t, dir, "deploy", "-c", "allowedOrigins"); err == nil {
		t.Error("it was accepted")
	}
}
