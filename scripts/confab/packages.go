package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// installPackages installs the npm packages of a folder, unless they are there.
func installPackages(ctx context.Context, dir string, out io.Writer) error {
	if exists(filepath.Join(dir, "node_modules")) {
		return nil
	}
	fmt.Fprintln(out, "installing the page's packages …")
	install := commandIn(ctx, dir, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install in %s: %w\n%s", dir, err, output)
	}
	return nil
}

// findInstalled finds a program of npm's in a node_modules of a folder, or of one above it.
func findInstalled(dir, program string) (path string, found bool) {
	for {
		if path := filepath.Join(dir, "node_modules", ".bin", program); exists(path) {
			return path, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// commandIn is a command in a folder, which gets a chance to end by itself when the context does.
func commandIn(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 2 * time.Second
	return c
}
