package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/confab-chat/confab/scripts/types"
)

// typesFile is the module of types in the folder of a page.
const typesFile = "confab.ts"

func runTypes(ctx context.Context, c *call) error {
	out := c.flags.String("out", "", "file of the TypeScript module: "+typesFile+" in the folder of the page; \"-\" prints it")
	asyncAPI := c.flags.String("asyncapi", "", "file for an AsyncAPI document of the same")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	w, err := findWorkspace(".")
	if err != nil {
		return err
	}
	made, err := types.Generate(ctx, w.dir)
	if err != nil {
		return err
	}
	for _, note := range made.Notes {
		fmt.Fprintln(c.err, note)
	}
	p, err := w.inspect(ctx)
	if err != nil {
		return err
	}
	if err := w.checkPage(p); err != nil {
		fmt.Fprintln(c.err, err)
	}
	if *out == "" {
		*out = w.typesPath()
	}
	if *out == "" || *out == "-" {
		if _, err := c.out.Write(made.TypeScript); err != nil {
			return err
		}
	} else if err := writeIfChanged(*out, made.TypeScript); err != nil {
		return err
	}
	if *asyncAPI != "" {
		return writeIfChanged(*asyncAPI, made.AsyncAPI)
	}
	return nil
}

// typesPath is where the types for the application's page are; "" if none of its folders is a page with
// packages.
func (w *workspace) typesPath() string {
	pages, _ := filepath.Glob(w.path("*", "package.json"))
	if len(pages) == 0 {
		return ""
	}
	return filepath.Join(filepath.Dir(pages[0]), typesFile)
}

// writeIfChanged leaves a file alone that has its content already, so that nothing is loaded anew for it.
func writeIfChanged(path string, content []byte) error {
	before, err := os.ReadFile(path)
	if err == nil && bytes.Equal(before, content) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
