package describe

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

var update = flag.Bool("update", false, "write the documents")

const root = "../.."

func TestTheDocumentsAreWhatTheCodeMakes(t *testing.T) {
	documents, err := Documents(root)
	if err != nil {
		t.Fatal(err)
	}
	for file, made := range documents {
		path := filepath.Join(root, file)
		if *update {
			if err := os.WriteFile(path, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if stored, err := os.ReadFile(path); err != nil || !bytes.Equal(stored, made) {
			t.Errorf("%s is not what the code makes, %v: go test ./scripts/describe -update writes it", file, err)
		}
	}
}

// jsonDocuments are those of the documents that are JSON.
func jsonDocuments(t *testing.T) map[string][]byte {
	t.Helper()
	documents, err := Documents(root)
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(documents, func(file string, _ []byte) bool { return filepath.Ext(file) != ".json" })
	return documents
}

func TestEveryReferenceLeadsToASchema(t *testing.T) {
	for file, made := range jsonDocuments(t) {
		var document struct {
			Components struct {
				Schemas map[string]struct{ Type string }
			}
		}
		if err := json.Unmarshal(made, &document); err != nil {
			t.Fatal(err)
		}
		refs := regexp.MustCompile(`"`+prefix+`(\w+)"`).FindAllSubmatch(made, -1)
		if len(refs) < 20 {
			t.Errorf("%s has %d references", file, len(refs))
		}
		for _, ref := range refs {
			if document.Components.Schemas[string(ref[1])].Type != "object" {
				t.Errorf("%s refers to %s", file, ref[1])
			}
		}
	}
}

func TestEveryOperationSaysWhatItDoesAndCosts(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range slices.Concat(chat.Operations(), chat.OpenRequests()) {
		if seen[o.Name] || o.Summary == "" {
			t.Errorf("%q needs a name of its own and a summary", o.Name)
		}
		seen[o.Name] = true
	}
	for _, o := range chat.Operations() {
		if o.Price.Work == 0 || o.Pattern == "" && o.HTTPOnly {
			t.Errorf("%s needs a price, and a way to ask for it: %+v", o.Name, o.Price)
		}
	}
}

func TestEveryBoundIsOfAField(t *testing.T) {
	fields := map[string]bool{}
	for _, made := range jsonDocuments(t) {
		var document struct {
			Components struct {
				Schemas map[string]struct{ Properties map[string]any }
			}
		}
		if err := json.Unmarshal(made, &document); err != nil {
			t.Fatal(err)
		}
		for name, schema := range document.Components.Schemas {
			for field := range schema.Properties {
				fields[field], fields[name+"."+field] = true, true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(chat.Bounds())) {
		if !fields[name] {
			t.Errorf("there is no field %s", name)
		}
	}
}
