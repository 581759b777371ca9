package dynamo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheBinaryIsFoundFromAnyFolderBelow(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "a", "b")
	binary := filepath.Join(root, "node_modules", "@dynoxide", "linux-x64", "dynoxide")
	for _, dir := range []string{below, filepath.Dir(binary)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(binary, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := find(below, "linux/amd64"); err != nil || got != binary {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAMissingBinarySaysWhatToDo(t *testing.T) {
	for platform, want := range map[string]string{
		"linux/amd64":  "make setup",
		"darwin/arm64": "-dynamodb URL",
		"plan9/386":    "-dynamodb URL",
	} {
		_, err := find(t.TempDir(), platform)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", platform, err)
		}
	}
}
