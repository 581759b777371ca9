package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/types"
)

func runTest(ctx context.Context, c *call) error {
	// Flags and folders are those of go test, which knows them.
	if slices.ContainsFunc(c.args, func(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }) {
		c.flags.Usage()
		return flag.ErrHelp
	}
	w, err := findWorkspace(".")
	if err != nil {
		return err
	}
	if err := dynamo.Install(ctx, c.err); err != nil { // which tests of tables start
		return err
	}
	tests := commandIn(ctx, w.dir, "go", goTest(c.args)...)
	tests.Stdout, tests.Stderr = c.out, c.err
	if err := tests.Run(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	return w.testPages(ctx, c)
}

// goTest returns the arguments of go: those of confab test, for all packages unless some name folders.
func goTest(args []string) []string {
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, ".") }) {
		return append([]string{"test"}, args...)
	}
	return append([]string{"test", "./..."}, args...) // in front, since -args ends go's own
}

// testPages runs the tests of the folders with packages, which are pages, with the types of the code as it is
// now.
func (w *workspace) testPages(ctx context.Context, c *call) error {
	if path := w.typesPath(); path != "" && exists(path) {
		made, err := types.Generate(ctx, w.dir)
		if err != nil {
			return err
		}
		if err := writeIfChanged(path, made.TypeScript); err != nil {
			return err
		}
	}
	pages, err := filepath.Glob(w.path("*", "package.json"))
	if err != nil {
		return err
	}
	for _, path := range pages {
		if !hasScript(path, "test") {
			continue
		}
		dir := filepath.Dir(path)
		if err := installPackages(ctx, dir, c.err); err != nil {
			return err
		}
		tests := commandIn(ctx, dir, "npm", "test", "--silent")
		tests.Stdout, tests.Stderr = c.out, c.err
		if err := tests.Run(); err != nil {
			return fmt.Errorf("npm test in %s: %w", dir, err)
		}
		fmt.Fprintf(c.out, "page: ok (npm test in %s)\n", filepath.Base(dir))
	}
	return nil
}

// hasScript reports whether a package.json has a script.
func hasScript(path, name string) bool {
	var p struct{ Scripts map[string]string }
	content, err := os.ReadFile(path)
	return err == nil && json.Unmarshal(content, &p) == nil && p.Scripts[name] != ""
}
