package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// embeddedFiles is a template of go list, for the files that go:embed takes along.
const embeddedFiles = `{{$dir := .Dir}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`

// buildsFrom returns what reports whether the program may become another one when a file changes, or what it runs
// with. It asks Go at most once, so it serves one change.
func (w *workspace) buildsFrom(ctx context.Context) func(path string) bool {
	embedded := sync.OnceValues(func() ([]byte, error) {
		list := exec.CommandContext(ctx, "go", "list", "-f", embeddedFiles, "./...")
		list.Dir = w.dir
		return list.Output()
	})
	return func(path string) bool {
		switch filepath.Base(path) {
		case "go.mod", "go.sum", "go.work", ".env":
			return true
		}
		// A folder comes with its files, and a file that has gone cannot be looked up.
		if filepath.Ext(path) == ".go" || !exists(path) || isWatchedFolder(path) {
			return true
		}
		files, err := embedded()
		return err != nil || slices.Contains(strings.Split(string(files), "\n"), path) // the build says what is wrong
	}
}
