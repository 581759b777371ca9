package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPageHasWhatThePackageExports(t *testing.T) {
	t.Chdir("../../..")
	folder := t.TempDir()
	if err := write(folder); err != nil {
		t.Fatal(err)
	}
	for page, wanted := range map[string][]string{
		"index.md": {"| [`github.com/confab-chat/confab/shared/confab`](/reference/shared-confab.md) | Package confab is where an application begins. |"},
		"shared-confab.md": {
			"# Package shared/confab\n\n```go\nimport \"github.com/confab-chat/confab/shared/confab\"\n```\n",
			"### func (\\*App) Every {#App.Every}\n\n```go\nfunc (a *App) Every(name string, interval time.Duration, work func(context.Context) error)\n```\n",
			"\n```go\nfunc main() { confab.Main(Whiteboard) }\n", // of a comment
			"`confab new` makes such a project",
		},
		"scripts-confabtest.md":   {"as package realtimetest does"},
		"shared-realtime.md":      {"**Example", "(/reference/shared-realtime.md#Server.Of)"},
		"shared-realtime-mode.md": {"### type "},
	} {
		text, err := os.ReadFile(filepath.Join(folder, page))
		if err != nil {
			t.Error(err)
		}
		for _, want := range wanted {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %q", page, want)
			}
		}
	}
	if pages, err := os.ReadDir(folder); err != nil || len(pages) != len(packages)+1 {
		t.Errorf("there are %d pages, %v", len(pages), err)
	}
}
