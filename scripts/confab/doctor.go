package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/scripts/local/dynamo"
)

// errUnwell means that something is wrong, which has been printed.
var errUnwell = errors.New("something is missing or wrong; see above")

func runDoctor(ctx context.Context, c *call) error {
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	d := &doctor{out: c.out}
	d.checkMachine(ctx)
	if w, err := findWorkspace("."); err == nil {
		d.checkApplication(ctx, w)
	} else {
		d.note("no application here, so only this machine was looked at")
	}
	if d.wrong > 0 {
		return errUnwell
	}
	return nil
}

// doctor prints what it finds.
type doctor struct {
	out   io.Writer
	wrong int
}

func (d *doctor) ok(format string, args ...any)   { fmt.Fprintf(d.out, "ok    "+format+"\n", args...) }
func (d *doctor) note(format string, args ...any) { fmt.Fprintf(d.out, "note  "+format+"\n", args...) }
func (d *doctor) bad(format string, args ...any) {
	d.wrong++
	fmt.Fprintf(d.out, "bad   "+format+"\n", args...)
}

// needs are the programs that an application needs, with the least version of each.
var needs = []struct {
	program, flag string
	version       []int
	what          string
}{
	{"go", "version", []int{1, 26}, "Go, from https://go.dev/dl"},
	{"node", "--version", []int{20, 19}, "Node.js, from https://nodejs.org, for the page and the embedded database"},
	{"npm", "--version", []int{9}, "npm, which comes with Node.js"},
}

func (d *doctor) checkMachine(ctx context.Context) {
	for _, need := range needs {
		out, err := exec.CommandContext(ctx, need.program, need.flag).Output()
		if err != nil {
			d.bad("%s is missing: %s", need.program, need.what)
			continue
		}
		found := versionIn(string(out))
		if !atLeast(found, need.version) {
			d.bad("%s is %s, and must be %s: %s", need.program, dotted(found), dotted(need.version), need.what)
			continue
		}
		d.ok("%s %s", need.program, dotted(found))
	}
	if err := dynamo.Install(ctx, d.out); err != nil {
		d.bad("%v", err)
	} else if engine, err := dynamo.Start(ctx, dynamo.Options{}); err != nil {
		d.bad("%v", err)
	} else {
		_ = engine.Close()
		d.ok("a database starts: %s", engine.What())
	}
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" && os.Getenv("AWS_PROFILE") == "" {
		d.note("neither AWS_ACCESS_KEY_ID nor AWS_PROFILE is set, which only deploying needs")
	}
}

var number = regexp.MustCompile(`\d+(\.\d+)*`)

func versionIn(text string) (version []int) {
	for part := range strings.SplitSeq(number.FindString(text), ".") {
		n, _ := strconv.Atoi(part)
		version = append(version, n)
	}
	return version
}

func atLeast(version, least []int) bool {
	for i, n := range least {
		if i >= len(version) || version[i] != n {
			return i < len(version) && version[i] > n
		}
	}
	return true
}

func dotted(version []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(version), "[]"), " ", ".")
}

func (d *doctor) checkApplication(ctx context.Context, w *workspace) {
	p, err := w.inspect(ctx)
	if err != nil {
		d.bad("the application cannot be run:\n%v", err)
		return
	}
	d.ok("the application builds, and has %s, %s, %s and %s",
		count(len(p.Namespaces), "namespace"), count(len(p.Tables), "table"), count(len(p.Routes), "route"), count(len(p.Schedules), "schedule"))
	if _, missing, err := w.variables(p); err != nil {
		d.bad("%v", err)
	} else if len(missing) > 0 {
		d.note("secrets without a value here: %s; .env can have them", strings.Join(missing, ", "))
	}
	if err := w.checkPage(p); err != nil {
		d.bad("%v", err)
	}
	if exists(w.path(".env")) {
		ignoring, _ := os.ReadFile(w.path(".gitignore"))
		if !strings.Contains(string(ignoring), ".env") {
			d.bad(".env has secrets, and .gitignore does not name it")
		}
	}
	traps, err := findTraps(ctx, w.dir)
	if err != nil {
		d.bad("look for traps: %v", err)
		return
	}
	for _, t := range traps {
		d.bad("%s", t)
	}
	if len(traps) == 0 {
		d.ok("no traps")
	}
}

// count is a number of things, in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
