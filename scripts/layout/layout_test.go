package layout

import (
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of packages in docs/architecture.md")

const root = "../.."

func TestImportsGoInTheirDirection(t *testing.T) {
	packages, err := readPackages(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if folder, _, _ := strings.Cut(p.Path, "/"); !slices.Contains(folders, folder) {
			t.Errorf("%s stands outside of %v", p.Path, folders)
		}
	}
	for _, problem := range CheckImports(packages, Rules) {
		t.Error(problem)
	}
	seen := map[string]bool{}
	for _, r := range Rules {
		if seen[r.Package] || r.What == "" {
			t.Errorf("%s needs one rule that says what it is", r.Package)
		}
		seen[r.Package] = true
	}
}

func TestEveryFileIsRead(t *testing.T) {
	packages, err := readPackages(root)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // packages with what one of their files imports
		"shared/apigw":                         "shared/realtime",
		"scripts/local/process":                "syscall", // by files for some platforms only
		"scripts/local/process/testdata/after": "shared/apigw",
		"functions/connect":                    "shared/boot",
		"functions/internal/application":       "shared/admin",
		"scripts/local/apps/function":          "functions",
		"infra/confab":                         nag,
		"scripts/layout":                       "go/parser",
	}
	for path, imported := range want {
		i := slices.IndexFunc(packages, func(p Package) bool { return p.Path == path })
		if i < 0 || !slices.Contains(packages[i].Imports, imported) {
			t.Errorf("%s is read as one that does not import %s", path, imported)
		}
	}
}

func TestImportsThatNoRuleAllowsAreFound(t *testing.T) {
	packages, err := readPackages(root)
	if err != nil {
		t.Fatal(err)
	}
	known := CheckImports(packages, Rules) // which the test above reports
	cases := []struct {
		what, path, imported string
		test                 bool
	}{
		{"a codec with a library", "shared/socketio", "github.com/x/y", false},
		{"the engine on AWS", "shared/realtime", "github.com/aws/aws-sdk-go-v2/aws", false},
		{"the engine on the embedded database", "shared/realtime", testDatabase, false},
		{"the chat on its store", "shared/chat", "shared/dynamo/chatstore", false},
		{"the gateway's adapter on the chat", "shared/apigw", "shared/chat", false},
		{"a test of the gateway's adapter on the chat", "shared/apigw", "shared/chat", true},
		{"shared on the functions", "shared/apigw", "functions/app", false},
		{"shared on test code", "shared/apigw", "testing", false},
		{"shared on test code, one level down", "shared/apigw", "testing/synctest", false},
		{"a service that is not the store's", "shared/dynamo/chatstore", "github.com/aws/aws-sdk-go-v2/service/lambda", false},
		{"a library with a similar path", "shared/admin", bcrypt + "2", false},
		{"a function on infra", "functions/connect", "infra", false},
		{"connect on the application", "functions/connect", "functions/internal/application", false},
		{"infra on a function", "infra", "functions/app", false},
		{"infra on the admin view", "infra/confab", "shared/admin", false},
		{"names with weight", "shared/names", "shared/realtime", false},
		{"a package of this module that looks like the standard library's", "shared/names", "scripts/prices", false},
	}
	for _, c := range cases {
		changed := slices.Clone(packages)
		p := &changed[slices.IndexFunc(changed, func(p Package) bool { return p.Path == c.path })]
		if c.test {
			p.Tests = append(slices.Clip(p.Tests), c.imported)
		} else {
			p.Imports = append(slices.Clip(p.Imports), c.imported)
		}
		got := slices.DeleteFunc(CheckImports(changed, Rules), func(problem string) bool { return slices.Contains(known, problem) })
		if len(got) != 1 || !strings.Contains(got[0], c.path+" imports "+c.imported) {
			t.Errorf("%s: got %q", c.what, got)
		}
	}
}

func TestRulesAndPackagesBelongTogether(t *testing.T) {
	rules := []Rule{
		{Package: "shared/a", Imports: []string{"shared/b", "github.com/x/..."}, Tests: []string{"shared/c"}},
		{Package: "shared/gone"},
	}
	packages := []Package{{Path: "shared/a", Imports: []string{"fmt"}}, {Path: "shared/new"}}
	want := []string{
		"no test of shared/a imports shared/c: remove it from the rule",
		"shared/a does not import github.com/x/...: remove it from the rule",
		"shared/a does not import shared/b: remove it from the rule",
		"shared/new has no rule: add one to scripts/layout/rules.go",
		"there is no package shared/gone: remove its rule from scripts/layout/rules.go",
	}
	if got := CheckImports(packages, rules); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestFunctionsLinkNothingHeavy(t *testing.T) {
	binaries := 0
	for _, r := range Rules {
		if !strings.HasPrefix(r.Package, "functions/") || !slices.Contains(r.Imports, "shared/boot") || strings.Contains(r.Package, "/internal/") {
			continue
		}
		binaries++
		list := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", Module+r.Package)
		list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range CheckBinary(r.Package, strings.Fields(string(out))) {
			t.Error(problem)
		}
	}
	if binaries != 6 {
		t.Errorf("looked at %d functions of 6", binaries)
	}
	for _, link := range []string{"github.com/aws/aws-cdk-go/awscdk/v2", "github.com/aws/aws-sdk-go-v2/config", "testing", "net/http/httptest"} {
		if got := CheckBinary("functions/connect", []string{"fmt", link}); len(got) != 1 || !strings.Contains(got[0], link) {
			t.Errorf("%s: got %q", link, got)
		}
	}
}

func TestTheTableOfPackagesIsUpToDate(t *testing.T) {
	const path = root + "/docs/architecture.md"
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after, err := insertTable(string(before), table(Rules))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if after == string(before) {
		return
	}
	if !*update {
		t.Fatal("docs/architecture.md is not as scripts/layout/rules.go says: run go test ./scripts/layout -update")
	}
	if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
}
