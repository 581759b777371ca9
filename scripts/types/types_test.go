package types

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestTheWhiteboardHasTheTypesOfItsGoldenFiles(t *testing.T) {
	made, err := Generate(t.Context(), "testdata/whiteboard")
	if err != nil {
		t.Fatal(err)
	}
	for path, got := range map[string][]byte{
		"testdata/client/whiteboard.ts": made.TypeScript,
		"testdata/whiteboard.json":      made.AsyncAPI,
		"testdata/notes.txt":            []byte(strings.Join(made.Notes, "\n") + "\n"),
	} {
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is made, %v: go test ./scripts/types -update writes it", path, err)
		}
	}
}

func TestEveryReferenceOfTheDocumentLeadsSomewhere(t *testing.T) {
	made, err := os.ReadFile("testdata/whiteboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(made, &document); err != nil {
		t.Fatal(err)
	}
	refs := regexp.MustCompile(`"\$ref": "#/([^"]+)"`).FindAllSubmatch(made, -1)
	if len(refs) < 100 {
		t.Errorf("there are %d references", len(refs))
	}
	for _, ref := range refs {
		at := document
		for part := range strings.SplitSeq(string(ref[1]), "/") {
			part, err := url.PathUnescape(part)
			if err != nil {
				t.Fatal(err)
			}
			object, _ := at.(map[string]any)
			at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		}
		if at == nil {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
}

// write makes a module of files by their names, and returns its folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module own\n\ngo 1.26\n"
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCodeThatDoesNotCompileIsAnErrorForEachLine(t *testing.T) {
	_, err := Generate(t.Context(), write(t, map[string]string{"a.go": "package a\n\nvar x int = \"\"\nvar y = z\n"}))
	want := "a.go:3:13: cannot use \"\" (untyped string constant) as int value in variable declaration\na.go:4:9: undefined: z"
	if err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
	if _, err := Generate(t.Context(), filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a folder that is missing is no error")
	}
}

func TestAnApplicationWithoutEventsHasNoInterfaces(t *testing.T) {
	made, err := Generate(t.Context(), write(t, map[string]string{"a.go": "package a\n"}))
	if err != nil || bytes.Contains(made.TypeScript, []byte("interface ClientToServer")) || len(made.Notes) > 0 {
		t.Errorf("%s, %v, %v", made.TypeScript, made.Notes, err)
	}
}
