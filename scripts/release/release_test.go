package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/scripts/load/socket"
)

// TestAProjectIsMadeAndRunsFromTheReleasedForm uses nothing of this folder but what the release has. It builds
// everything once more, because the modules come from another place: CONFAB_RELEASE=1 turns it on.
func TestAProjectIsMadeAndRunsFromTheReleasedForm(t *testing.T) {
	if os.Getenv("CONFAB_RELEASE") == "" {
		t.Skip("make release runs it")
	}
	// Where packages come by a lockfile alone, as through some proxies, what has none cannot be installed.
	install := exec.CommandContext(t.Context(), "npm", "install", "--dry-run", "--fetch-retries=0", "--prefix", t.TempDir(), "@dynoxide/linux-x64")
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("npm's registry is not reachable: %s", out)
	}
	const version = "v0.0.1"
	dir := t.TempDir()
	released := filepath.Join(dir, "released")
	if err := release(t.Context(), "../..", version, released, io.Discard); err != nil {
		t.Fatal(err)
	}
	environment := releasedEnvironment(t, dir, filepath.Join(released, "go"))
	in := func(dir, name string, args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir, c.Env = dir, environment
		return c
	}
	must := func(c *exec.Cmd) {
		t.Helper()
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c.Args, err, out)
		}
	}
	must(in(dir, "go", "install", modulePath+"/scripts/confab@"+version))
	confab := filepath.Join(dir, "bin", "confab")
	must(in(dir, confab, "new", "board", "-template", "chat"))
	board := filepath.Join(dir, "board")
	mod, err := os.ReadFile(filepath.Join(board, "go.mod"))
	if err != nil || !strings.Contains(string(mod), modulePath+" "+version) || strings.Contains(string(mod), "replace") {
		t.Errorf("%v\n%s", err, mod)
	}
	must(in(board, confab, "test"))
	url, stop := startDev(t, in(board, confab, "dev", "-port", "0", "-quiet"))
	defer stop()
	s, err := socket.Dial(t.Context(), socket.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Call(t.Context(), "join", "tea", nil); err != nil {
		t.Error(err)
	}
	page := filepath.Join(dir, "page")
	if err := os.Mkdir(page, 0o755); err != nil {
		t.Fatal(err)
	}
	must(in(page, "npm", "init", "-y"))
	packages, _ := filepath.Glob(filepath.Join(released, "*.tgz"))
	must(in(page, "npm", append([]string{"install", "--no-audit", "--no-fund"}, packages...)...))
	must(in(page, "node", "--input-type=module", "-e", `import("@confab/chat").then((m) => { if (!m.signInAsGuest) process.exit(1); })`))
}

// releasedEnvironment is one in which Confab's module comes from a proxy in a folder, and all other modules from
// where they are already.
func releasedEnvironment(t *testing.T, dir, proxy string) []string {
	t.Helper()
	ask := func(name string) string {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	downloaded := filepath.Join(ask("GOMODCACHE"), "cache", "download")
	return append(os.Environ(),
		"GOPROXY=file://"+proxy+",file://"+downloaded+","+ask("GOPROXY"),
		"GONOSUMDB="+modulePath+","+ask("GONOSUMDB"),
		"GOMODCACHE="+filepath.Join(dir, "modules"), "GOFLAGS=-modcacherw", "GOBIN="+filepath.Join(dir, "bin"))
}

// startDev starts confab dev, and returns its address and what ends it.
func startDev(t *testing.T, c *exec.Cmd) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	running := exec.CommandContext(ctx, c.Path, c.Args[1:]...)
	running.Dir, running.Env, running.Stderr = c.Dir, c.Env, t.Output()
	running.Cancel = func() error { return running.Process.Signal(os.Interrupt) }
	out, err := running.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			return found, func() {
				cancel()
				_ = running.Wait()
			}
		}
	}
	cancel()
	t.Fatalf("confab dev: %v", running.Wait())
	return "", nil
}

func TestAReleaseNeedsAVersion(t *testing.T) {
	for _, version := range []string{"", "1.0.0", "v1", "v1.0", "latest"} {
		if err := release(t.Context(), "../..", version, t.TempDir(), io.Discard); err == nil {
			t.Errorf("%q is a version", version)
		}
	}
}
