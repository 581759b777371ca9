// Command release makes what a release is: the Go module, in a folder that is a module proxy, and the npm package
// of the client. `make release` checks it before; the tag and the CHANGELOG are a person's.
//
//	go run ./scripts/release -version v0.1.0 -out build/release
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/zip"
)

const modulePath = "github.com/confab-chat/confab"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	version := flag.String("version", "", "the version, as v0.1.0")
	out := flag.String("out", "build/release", "folder for the module proxy and the npm package")
	flag.Parse()
	if err := release(ctx, ".", *version, *out, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release makes the release of the commit that is checked out in a folder.
func release(ctx context.Context, root, version, out string, w io.Writer) error {
	if semver.Canonical(version) != version {
		return fmt.Errorf("%q is no version of a module: write one as v0.1.0", version)
	}
	if err := makeModule(ctx, root, version, filepath.Join(out, "go")); err != nil {
		return err
	}
	fmt.Fprintf(w, "the Go module: GOPROXY=file://%s,… go install %s/scripts/confab@%s\n", absolute(filepath.Join(out, "go")), modulePath, version)
	packed, err := packClient(ctx, root, version, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "the npm package: npm install %s\n", absolute(packed))
	return nil
}

func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// makeModule writes the files of a module proxy (https://go.dev/ref/mod#goproxy-protocol).
func makeModule(ctx context.Context, root, version, proxy string) error {
	dir := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	at, err := output(ctx, root, "git", "log", "-1", "--format=%cI")
	if err != nil {
		return err
	}
	committed, err := time.Parse(time.RFC3339, strings.TrimSpace(at))
	if err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, committed.UTC()})
	if err != nil {
		return err
	}
	mod, err := output(ctx, root, "git", "show", "HEAD:go.mod")
	if err != nil {
		return err
	}
	for name, content := range map[string]string{version + ".info": string(info), version + ".mod": mod, "list": version + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	file, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		return err
	}
	err = zip.CreateFromVCS(file, module.Version{Path: modulePath, Version: version}, root, "HEAD", "")
	return errors.Join(err, file.Close())
}

// packClient packs @confab/chat with the version of the release, and returns the file.
func packClient(ctx context.Context, root, version, out string) (string, error) {
	client := filepath.Join(root, "web", "client")
	if _, err := output(ctx, client, "npm", "run", "--silent", "build"); err != nil {
		return "", err
	}
	staged, err := os.MkdirTemp("", "confab-client")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(staged)
	for _, part := range []string{"dist", "README.md", "package.json"} {
		if err := copyAll(filepath.Join(client, part), filepath.Join(staged, part)); err != nil {
			return "", err
		}
	}
	if err := publish(filepath.Join(staged, "package.json"), strings.TrimPrefix(version, "v")); err != nil {
		return "", err
	}
	name, err := output(ctx, staged, "npm", "pack", "--silent", "--pack-destination", absolute(out))
	return filepath.Join(out, strings.TrimSpace(name)), err
}

// publish gives a package.json its version, and takes out what is for this repository.
func publish(path, version string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var p map[string]any
	if err := json.Unmarshal(content, &p); err != nil {
		return err
	}
	p["version"] = version
	for _, key := range []string{"private", "scripts", "devDependencies"} {
		delete(p, key)
	}
	if content, err = json.MarshalIndent(p, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o644)
}

// copyAll copies a file or a folder.
func copyAll(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// output runs a program in a folder.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return string(out), nil
}
