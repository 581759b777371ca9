// Package layout checks how this repository is built: [Rules] says what each package is
// for and what it may import, the table of packages in docs/architecture.md is made from
// it, and no type may grow beyond a size. Its tests also follow the links of documents.
package layout

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the path of this module, with a slash.
const Module = "github.com/confab-chat/confab/"

// Rule says what one package is for and what it may import.
//
// A package of this module is written without [Module]. A path that ends with "/..." also
// stands for all paths below it. The standard library is always allowed, apart from
// [restricted]; so is what [everyone] may import, and in tests [everyTest] and the package
// itself.
type Rule struct {
	// Package is the package's path below Module.
	Package string
	// What is the package's line in the table of docs/architecture.md.
	What string
	// Imports is what the package may import.
	Imports []string
	// Tests is what its tests may import besides.
	Tests []string
}

// everyone may import these packages.
var everyone = []string{"shared/wait"}

// everyTest may import these packages.
var everyTest = []string{"go.uber.org/goleak"}

// restricted is what of the standard library a rule must allow outside of tests.
var restricted = []string{"C", "unsafe", "testing/...", "net/http/httptest"}

// Package is a package of this module and what its files import, whatever their build
// constraints.
type Package struct {
	Path    string
	Imports []string
	Tests   []string
}

// CheckImports returns what goes against the rules: imports that no rule allows, packages
// without a rule, and rules or parts of them that nothing needs.
func CheckImports(packages []Package, rules []Rule) []string {
	byPath := map[string]Rule{}
	for _, r := range rules {
		byPath[r.Package] = r
	}
	var found []string
	for _, p := range packages {
		r, ok := byPath[p.Path]
		if !ok {
			found = append(found, fmt.Sprintf("%s has no rule: add one to scripts/layout/rules.go", p.Path))
			continue
		}
		delete(byPath, p.Path)
		found = append(found, checkPackage(p, r)...)
	}
	for path := range byPath {
		found = append(found, fmt.Sprintf("there is no package %s: remove its rule from scripts/layout/rules.go", path))
	}
	slices.Sort(found)
	return found
}

func checkPackage(p Package, r Rule) (found []string) {
	allowed := slices.Concat(r.Imports, everyone)
	for _, path := range p.Imports {
		if !matches(path, allowed) && !(isStandard(path) && !matches(path, restricted)) {
			found = append(found, fmt.Sprintf("%s imports %s, which its rule in scripts/layout/rules.go does not allow", p.Path, path))
		}
	}
	allowed = slices.Concat(allowed, r.Tests, everyTest, []string{p.Path})
	for _, path := range p.Tests {
		if !matches(path, allowed) && !isStandard(path) {
			found = append(found, fmt.Sprintf("a test of %s imports %s, which its rule in scripts/layout/rules.go does not allow", p.Path, path))
		}
	}
	for _, pattern := range r.Imports {
		if !anyMatches(p.Imports, pattern) {
			found = append(found, fmt.Sprintf("%s does not import %s: remove it from the rule", p.Path, pattern))
		}
	}
	for _, pattern := range r.Tests {
		if !anyMatches(p.Tests, pattern) {
			found = append(found, fmt.Sprintf("no test of %s imports %s: remove it from the rule", p.Path, pattern))
		}
	}
	return found
}

func anyMatches(paths []string, pattern string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return matches(path, []string{pattern}) })
}

// matches reports whether one of the patterns stands for a path.
func matches(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, below := strings.CutSuffix(pattern, "/...")
		return path == prefix || below && strings.HasPrefix(path, prefix+"/")
	})
}

// isStandard reports whether a path is the standard library's: packages of this module
// stand below one of four folders, and others begin with a host.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !slices.Contains(folders, first)
}

// folders hold all packages of this module.
var folders = []string{"shared", "functions", "infra", "scripts"}

// heavy is what no Lambda binary may link, because each start would pay for it.
var heavy = []string{
	"github.com/aws/aws-cdk-go/...", "github.com/aws/jsii-runtime-go/...", "github.com/aws/constructs-go/...",
	"github.com/aws/aws-sdk-go-v2/config/...", "testing/...", "net/http/httptest",
}

// CheckBinary returns what a Lambda binary links and should not.
func CheckBinary(path string, links []string) (found []string) {
	for _, link := range links {
		if matches(link, heavy) {
			found = append(found, fmt.Sprintf("%s links %s, which makes it start slowly", path, link))
		}
	}
	return found
}
