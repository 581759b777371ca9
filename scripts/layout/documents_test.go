package layout

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	links        = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headings     = regexp.MustCompile(`(?m)^#+ (.+)$`)
	testName     = regexp.MustCompile(`\bTest[A-Z]\w+`)
	testFunc     = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestDocumentsLeadToWhatExists follows each relative link of the documents, to its
// heading if it names one, and looks for each test that they cite.
func TestDocumentsLeadToWhatExists(t *testing.T) {
	documents, tests := readDocuments(t)
	for path, content := range documents {
		for _, name := range testName.FindAllString(content, -1) {
			if !tests[name] {
				t.Errorf("%s cites %s, which does not exist", path, name)
			}
		}
		for _, link := range links.FindAllStringSubmatch(content, -1) {
			target, heading, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, ":") {
				continue // to another site
			}
			to := path
			if target != "" {
				to = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, link[1])
			} else if heading != "" && strings.HasSuffix(to, ".md") && !hasHeading(documents[to], heading) {
				t.Errorf("%s links to %s, which has no such heading", path, link[1])
			}
		}
	}
}

// readDocuments returns the text of each document by its path, and the names of all tests.
func readDocuments(t *testing.T) (documents map[string]string, tests map[string]bool) {
	t.Helper()
	documents, tests = map[string]string{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && skipped(path):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".md") {
			documents[path] = string(content)
		}
		// A document may show a test of the reader's own.
		for _, declared := range testFunc.FindAllStringSubmatch(string(content), -1) {
			tests[declared[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return documents, tests
}

// TestTheCodeOfTheReadmeIsThatOfTheExample compares each piece of Go in the README with the
// tests of scripts/confabtest, which are compiled and tested.
func TestTheCodeOfTheReadmeIsThatOfTheExample(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var example string
	files, _ := filepath.Glob("../confabtest/*_test.go")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		example += string(content)
	}
	shown := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(shown) != 2 {
		t.Errorf("the README shows %d pieces of Go, not a handler and its test", len(shown))
	}
	for _, code := range shown {
		if !strings.Contains(example, code[1]) {
			t.Errorf("scripts/confabtest has no such code as the README shows:\n%s", code[1])
		}
	}
}

// hasHeading reports whether one of a document's headings has an anchor, as GitHub makes it.
func hasHeading(document, anchor string) bool {
	for _, heading := range headings.FindAllStringSubmatch(document, -1) {
		text := notInAnchors.ReplaceAllString(strings.ToLower(heading[1]), "")
		if strings.ReplaceAll(text, " ", "-") == anchor {
			return true
		}
	}
	return false
}
