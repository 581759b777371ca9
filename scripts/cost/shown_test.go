package main

import (
	"io"
	"os"
	"strings"
	"testing"
)

// TestTheDocumentationShowsTheToolsOutput: go test ./scripts/cost -update writes it.
func TestTheDocumentationShowsTheToolsOutput(t *testing.T) {
	const path = "../../docs/cost.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- go test ./scripts/cost -update writes this -->\n```\n"
	before, rest, found := strings.Cut(string(page), mark)
	shown, after, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no place for it", path)
	}
	var out strings.Builder
	if err := run(nil, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+mark+out.String()+"```\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != out.String() {
		t.Errorf("%s shows\n%s\nthe tool prints\n%s", path, shown, out.String())
	}
}
