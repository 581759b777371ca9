package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// cdkVersion is the version of the CDK's command, which package.json has too.
const cdkVersion = "2.1148.1"

// settings are parameters of the deployment, as the CDK's own flag takes them.
type settings []string

// String implements flag.Value.
func (s *settings) String() string { return strings.Join(*s, " ") }

// Set implements flag.Value.
func (s *settings) Set(text string) error {
	if name, _, ok := strings.Cut(text, "="); !ok || name == "" {
		return errors.New("write NAME=VALUE")
	}
	*s = append(*s, text)
	return nil
}

// deployment is what is deployed, or was.
type deployment struct {
	w        *workspace
	stack    string
	settings settings
}

// newDeployment reads the flags that all uses of a deployment have.
func newDeployment(c *call) (*deployment, error) {
	d := &deployment{}
	c.flags.StringVar(&d.stack, "stack", "", "name of the stack (default the folder's name)")
	c.flags.Var(&d.settings, "c", "a parameter NAME=VALUE, as allowedOrigins=https://example.com; several are possible; see docs/deploy.md")
	if _, err := c.parse(0, 0); err != nil {
		return nil, err
	}
	w, err := findWorkspace(".")
	if err != nil {
		return nil, err
	}
	d.w = w
	if d.stack == "" {
		d.stack = exported(strings.ToLower(filepath.Base(w.dir)))
	}
	return d, nil
}

func runDeploy(ctx context.Context, c *call) error {
	synth := c.flags.Bool("synth", false, "only write the CloudFormation template, to .confab/deploy/cdk.out")
	bootstrap := c.flags.Bool("bootstrap", false, "first prepare the account and region for the CDK, which is needed once")
	d, err := newDeployment(c)
	if err != nil {
		return err
	}
	if err := d.prepare(ctx, c); err != nil {
		return err
	}
	switch {
	case *synth:
		if err := d.cdk(ctx, c, "synth", "--quiet"); err != nil {
			return err
		}
		return d.describe(c)
	case *bootstrap:
		if err := d.cdk(ctx, c, "bootstrap"); err != nil {
			return err
		}
	}
	return d.cdk(ctx, c, "deploy", "--outputs-file", d.path("outputs.json"))
}

func runDestroy(ctx context.Context, c *call) error {
	d, err := newDeployment(c)
	if err != nil {
		return err
	}
	if !exists(d.path("project.json")) {
		if err := d.prepare(ctx, c); err != nil {
			return err
		}
	}
	return d.cdk(ctx, c, "destroy")
}

// path is below the folder of what is deployed.
func (d *deployment) path(parts ...string) string {
	return d.w.kept(append([]string{"deploy"}, parts...)...)
}

// prepare builds the program and the page, and writes down what the application has.
func (d *deployment) prepare(ctx context.Context, c *call) error {
	if err := os.RemoveAll(d.path()); err != nil {
		return err
	}
	if err := os.MkdirAll(d.path("code"), 0o755); err != nil {
		return err
	}
	here := d.path("here")
	if err := d.w.build(ctx, here); err != nil {
		return err
	}
	p, err := d.w.declaration(ctx, here)
	if err != nil {
		return err
	}
	if err := d.w.checkPage(p); err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.path("project.json"), text, 0o644); err != nil {
		return err
	}
	fmt.Fprintln(c.err, "building the functions …")
	if err := d.w.build(ctx, d.path("code", "bootstrap"), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+d.architecture()); err != nil {
		return err
	}
	if p.Page == "" {
		return nil
	}
	page, err := d.buildPage(ctx, c, d.w.path(p.Page))
	d.settings = append(d.settings, "page="+page)
	return err
}

// architecture is Go's name of the functions' architecture.
func (d *deployment) architecture() string {
	if slices.Contains(d.settings, "architecture=x86_64") {
		return "amd64"
	}
	return "arm64"
}

// buildPage returns the folder of the page's files, which it builds if it has a package.json.
func (d *deployment) buildPage(ctx context.Context, c *call, dir string) (string, error) {
	if !exists(filepath.Join(dir, "package.json")) {
		return dir, nil
	}
	if err := installPackages(ctx, dir, c.err); err != nil {
		return "", err
	}
	fmt.Fprintln(c.err, "building the page …")
	if output, err := commandIn(ctx, dir, "npm", "run", "--silent", "build").CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm run build in %s: %w\n%s", dir, err, output)
	}
	return filepath.Join(dir, "dist"), nil
}

// describe says where the template is, and how much is in it.
func (d *deployment) describe(c *call) error {
	path := d.path("cdk.out", d.stack+".template.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var template struct{ Resources map[string]json.RawMessage }
	if err := json.Unmarshal(text, &template); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(c.out, "%s in %s\n", count(len(template.Resources), "resource"), path)
	return nil
}

// cdk runs a command of the CDK on the stack.
func (d *deployment) cdk(ctx context.Context, c *call, command string, args ...string) error {
	source, err := exec.CommandContext(ctx, "go", "-C", d.w.dir, "list", "-m", "-f", "{{.Dir}}", modulePath).Output()
	if err != nil {
		return fmt.Errorf("find the source of %s: %w", modulePath, err)
	}
	all := []string{
		command, "--no-notices", "--app", fmt.Sprintf("go run -C %q ./infra/project", strings.TrimSpace(string(source))),
		"--output", d.path("cdk.out"), "-c", "project=" + d.path("project.json"), "-c", "code=" + d.path("code"), "-c", "stack=" + d.stack,
	}
	for _, s := range d.settings {
		all = append(all, "-c", s)
	}
	program, found := findInstalled(d.w.dir, "cdk")
	if !found {
		program, all = "npx", append([]string{"--yes", "aws-cdk@" + cdkVersion}, all...)
	}
	run := commandIn(ctx, d.w.dir, program, append(all, args...)...)
	// The CDK for Go runs on the Node.js that is there, and says in a long banner when that is old.
	run.Env = append(os.Environ(), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
	fmt.Fprintln(c.err, "starting the CDK, whose constructs are compiled the first time, which takes some minutes …")
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, c.out, c.err
	if err := run.Run(); err != nil {
		return fmt.Errorf("cdk %s: %w", command, err)
	}
	return nil
}
