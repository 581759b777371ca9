package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
)

// modulePath is Confab's own.
const modulePath = "github.com/confab-chat/confab"

// workspace is the folder of an application.
type workspace struct{ dir string }

// findWorkspace finds the application in a folder: a Go module with a program at its top.
func findWorkspace(dir string) (*workspace, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no application in %s: make one with `confab new NAME`, or go to its folder", dir)
	} else if err != nil {
		return nil, err
	}
	return &workspace{dir}, nil
}

// path returns the path of a file of the application.
func (w *workspace) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir}, parts...)...)
}

// kept is the folder for what confab keeps: binaries and data. It is not part of the application.
func (w *workspace) kept(parts ...string) string {
	return w.path(append([]string{".confab"}, parts...)...)
}

// buildError is what is wrong with an application, as the compiler or another says it.
type buildError struct{ output string }

// Error implements error.
func (e *buildError) Error() string { return e.output }

// build builds the application's program. Variables of the environment say for what.
func (w *workspace) build(ctx context.Context, out string, variables ...string) error {
	c := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", out, ".")
	c.Dir, c.Env = w.dir, append(os.Environ(), variables...)
	output, err := c.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(output) == 0 {
		return fmt.Errorf("go build: %w", err)
	}
	return &buildError{strings.TrimSpace(string(output))}
}

// declareTimeout is how long a program may take to say what it has.
const declareTimeout = 10 * time.Second

// declaration asks a program what the application has.
func (w *workspace) declaration(ctx context.Context, program string) (*project.Project, error) {
	ctx, cancel := context.WithTimeout(ctx, declareTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, program)
	var out, errs bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = w.dir, append(os.Environ(), names.EnvDeclare+"=1"), &out, &errs
	if err := c.Run(); err != nil {
		return nil, &buildError{strings.TrimSpace(fmt.Sprintf("the declaration is wrong (%v):\n%s", err, errs.String()))}
	}
	var p project.Project
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		return nil, &buildError{"the program does not call confab.Main, or prints something before it does: " + err.Error()}
	}
	return &p, nil
}

// checkPage says what is wrong with the folder of the page that the application declares.
func (w *workspace) checkPage(p *project.Project) error {
	switch {
	case p.Page == "" || exists(w.path(p.Page, "index.html")):
		return nil
	case !exists(w.path(p.Page)):
		return fmt.Errorf("there is no folder %s, which app.Page declares", p.Page)
	default:
		return fmt.Errorf("the page's folder %s has no index.html", p.Page)
	}
}

// inspect builds the application, and asks it what it has.
func (w *workspace) inspect(ctx context.Context) (*project.Project, error) {
	dir, err := os.MkdirTemp("", "confab")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "app")
	if err := w.build(ctx, program); err != nil {
		return nil, err
	}
	return w.declaration(ctx, program)
}

// variables returns the values of an application's variables and secrets, as far as the environment or the
// file .env has them, and the names of secrets that have none.
func (w *workspace) variables(p *project.Project) (values map[string]string, missing []string, err error) {
	file, err := godotenv.Read(w.path(".env"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read .env: %w", err)
	}
	values = map[string]string{}
	set := func(name string) bool {
		value, ok := os.LookupEnv(name)
		if !ok {
			value, ok = file[name]
		}
		if ok {
			values[name] = value
		}
		return ok
	}
	for _, v := range p.Variables {
		set(v.Name)
	}
	for _, name := range p.Secrets {
		if !set(name) {
			missing = append(missing, name)
		}
	}
	return values, missing, nil
}
