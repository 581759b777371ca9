package layout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The tables of packages stand between these lines of docs/architecture.md.
const (
	tableBegin = "<!-- Made from scripts/layout/rules.go by: go test ./scripts/layout -update -->\n"
	tableEnd   = "<!-- End of the tables. -->\n"
)

// libraries gives the names by which the table calls libraries of several packages.
var libraries = []struct{ prefix, name string }{
	{"github.com/aws/aws-sdk-go-v2", "AWS SDK"},
	{"github.com/aws/smithy-go", "AWS SDK"},
	{"github.com/aws/aws-lambda-go", "aws-lambda-go"},
	{"github.com/aws/aws-cdk-go", "CDK"},
	{"github.com/aws/constructs-go", "CDK"},
	{"github.com/aws/jsii-runtime-go", "CDK"},
	{"github.com/cdklabs/", "CDK"},
	{"github.com/coreos/go-oidc", "go-oidc"},
	{"github.com/go-jose/", "go-jose"},
	{"github.com/gobwas/ws", "gobwas/ws"},
	{"github.com/coder/websocket", "coder/websocket"},
	{"golang.org/x/crypto", "x/crypto"},
}

// table returns the rules in Markdown, as a table for each of the folders.
func table(rules []Rule) string {
	var b strings.Builder
	last := ""
	for _, r := range rules {
		if strings.Contains(r.Package, "/testdata/") {
			continue
		}
		if folder, _, _ := strings.Cut(r.Package, "/"); folder != last {
			fmt.Fprintf(&b, "\n| %s | what | imports |\n|---|---|---|\n", folder)
			last = folder
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Package, r.What, strings.Join(display(r.Imports), ", "))
	}
	return b.String()
}

// display returns how the table calls packages, each name once.
func display(patterns []string) (names []string) {
	for _, pattern := range patterns {
		name := "`" + strings.TrimSuffix(pattern, "/...") + "`"
		for _, library := range libraries {
			if strings.HasPrefix(pattern, library.prefix) {
				name = library.name
			}
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// insertTable returns a document with the tables in their place.
func insertTable(document, table string) (string, error) {
	before, rest, begins := strings.Cut(document, tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		return "", errors.New("the lines around the tables of packages are missing")
	}
	return before + tableBegin + table + "\n" + tableEnd + after, nil
}
