// Package layout holds the direction of imports between the parts of this repository.
// Its tests fail when an import goes against it, or a document leads to what is not there.
package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/confab-chat/confab/"

// Package is a package with everything that it links, itself excluded.
type Package struct {
	ImportPath string
	Main       bool
	Deps       []string
}

// Rule forbids packages some of what they might link.
type Rule struct {
	// Why is the reason, for whoever breaks the rule.
	Why string
	// Of says which packages the rule is about: import paths below Module, or a prefix
	// that ends with "/".
	Of []string
	// Main restricts the rule to commands.
	Main bool
	// Forbidden and Allowed are import paths, or prefixes that end with "/" or "...".
	// What is allowed is not forbidden.
	Forbidden, Allowed []string
}

const (
	awsSDK = "github.com/aws/aws-sdk-go-v2/..."
	lambda = "github.com/aws/aws-lambda-go/..."
)

// Rules are the direction of imports; docs/architecture.md explains it.
var Rules = []Rule{
	{
		Why:       "the codecs need the standard library only",
		Of:        []string{"shared/engineio", "shared/socketio"},
		Forbidden: []string{"*"}, Allowed: []string{"std", Module + "shared/engineio"},
	},
	{
		Why:       "the engine knows neither AWS nor the chat",
		Of:        []string{"shared/realtime"},
		Forbidden: []string{"*"}, Allowed: []string{"std", Module + "shared/engineio", Module + "shared/socketio"},
	},
	{
		Why:       "the chat stands on the engine alone",
		Of:        []string{"shared/chat"},
		Forbidden: []string{awsSDK, lambda, Module + "shared/dynamo/...", Module + "shared/apigw"},
	},
	{
		Why:       "names, schema and metrics are for every side, so they weigh nothing",
		Of:        []string{"shared/names", "shared/dynamo/schema", "shared/metrics"},
		Forbidden: []string{"*"}, Allowed: []string{"std"},
	},
	{
		Why:       "shared is below everything else",
		Of:        []string{"shared/"},
		Forbidden: []string{Module + "functions/...", Module + "infra/...", Module + "scripts/..."},
	},
	{
		Why:       "functions and infra never import each other, nor the tools",
		Of:        []string{"functions", "functions/"},
		Forbidden: []string{Module + "infra/...", Module + "scripts/..."},
	},
	{
		Why: "infra says what is deployed, and needs names and schema for that",
		Of:  []string{"infra", "infra/"},
		Forbidden: []string{Module + "functions/...", Module + "scripts/...", Module + "shared/apigw", Module + "shared/auth",
			Module + "shared/chat", Module + "shared/realtime", Module + "shared/dynamo/table", Module + "shared/dynamo/chatstore",
			Module + "shared/dynamo/realtimestore"},
	},
	{
		Why:  "a Lambda binary stays small: no CDK, no config loader, no test code",
		Of:   []string{"functions/"},
		Main: true,
		Forbidden: []string{"github.com/aws/aws-cdk-go/...", "github.com/aws/jsii-runtime-go/...", "github.com/aws/constructs-go/...",
			"github.com/aws/aws-sdk-go-v2/config/...", "testing", "net/http/httptest"},
	},
}

// Check returns what goes against the rules.
func Check(packages []Package, rules []Rule) []string {
	var violations []string
	for _, p := range packages {
		for _, r := range rules {
			if r.Main && !p.Main || !matches(strings.TrimPrefix(p.ImportPath, Module), r.Of) {
				continue
			}
			for _, dep := range p.Deps {
				if forbidden(dep, r.Forbidden) && !forbidden(dep, r.Allowed) {
					violations = append(violations, fmt.Sprintf("%s links %s: %s", p.ImportPath, dep, r.Why))
				}
			}
		}
	}
	slices.SortFunc(violations, cmp.Compare)
	return violations
}

func matches(path string, of []string) bool {
	return slices.ContainsFunc(of, func(prefix string) bool {
		return path == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix)
	})
}

func forbidden(dep string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		switch prefix, isPrefix := strings.CutSuffix(pattern, "/..."); {
		case pattern == "*":
			return true
		case pattern == "std":
			first, _, _ := strings.Cut(dep, "/")
			return !strings.Contains(first, ".")
		case isPrefix:
			return dep == prefix || strings.HasPrefix(dep, prefix+"/")
		default:
			return dep == pattern
		}
	})
}
