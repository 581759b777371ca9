package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/terminal"
	"github.com/confab-chat/confab/scripts/types"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

func runDev(ctx context.Context, c *call) error {
	host := c.flags.String("host", "localhost", "address to listen on")
	port := c.flags.String("port", cmp.Or(os.Getenv("PORT"), "3000"), "port; 0 takes a free one (also from PORT)")
	fresh := c.flags.Bool("fresh", false, "begin without data, and keep none; else it is kept in .confab/data")
	database := c.flags.String("dynamodb", "", "URL of a DynamoDB-compatible database to use instead of the embedded one")
	quiet := c.flags.Bool("quiet", false, "print no line for each frame")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	w, err := findWorkspace(".")
	if err != nil {
		return err
	}
	o := cloud.Options{Address: net.JoinHostPort(*host, *port), DynamoDB: *database}
	if !*fresh {
		o.Data = w.kept("data")
	}
	if *database == "" {
		if err := dynamo.Install(ctx, c.err); err != nil {
			return err
		}
	}
	d := newDeveloper(w, c.err)
	if !*quiet {
		d.trace = terminal.Trace(c.err)
	}
	err = d.run(ctx, o, func(url string) {
		fmt.Fprintf(c.out, "ready %s\nlook inside at %[1]s/_local/\ndatabase: %s\n", url, d.cloud.Database())
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken: choose another with -port 3001, or -port 0 for a free one", *port)
	}
	return err
}

// developer runs an application while it is written.
type developer struct {
	w     *workspace
	out   io.Writer
	trace func(connection, line string)

	page   *page
	board  *board
	cloud  *cloud.Cloud
	builds int
	// program is the binary that runs.
	program string
	// typing counts those who write types, one at a time.
	typing  sync.WaitGroup
	typesMu sync.Mutex
	// told counts what the developer has been told and still holds, by its kind.
	told   map[string]map[string]int
	toldMu sync.Mutex
}

func newDeveloper(w *workspace, out io.Writer) *developer {
	return &developer{
		w: w, out: out, trace: func(string, string) {},
		page: &page{w: w, out: out}, board: newBoard(), told: map[string]map[string]int{},
	}
}

// run runs the application, and each change, until the context ends. It calls ready once the application
// answers.
func (d *developer) run(ctx context.Context, o cloud.Options, ready func(url string)) error {
	if err := os.RemoveAll(d.w.kept("build")); err != nil {
		return err
	}
	if err := os.MkdirAll(d.w.kept("build"), 0o755); err != nil {
		return err
	}
	changes := make(chan map[string]bool, 1)
	watching := make(chan error, 1)
	go func() {
		watching <- watch(ctx, d.w.dir, d.isSource, func(paths map[string]bool) {
			select {
			case earlier := <-changes: // not looked at yet
				maps.Copy(paths, earlier)
			default:
			}
			changes <- paths
		})
	}()
	defer d.typing.Wait()
	defer d.page.close()
	defer func() {
		if d.cloud != nil {
			_ = d.cloud.Close(context.WithoutCancel(ctx))
		}
	}()
	if err := d.change(ctx, o, nil); err != nil {
		return err
	}
	for told := false; ; {
		if d.cloud != nil && !told {
			told = true
			ready(d.cloud.URL())
		}
		select {
		case paths := <-changes:
			if err := d.change(ctx, o, paths); err != nil {
				return err
			}
		case err := <-watching:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// isSource reports whether a change of a file changes the application or its page.
func (d *developer) isSource(path string) bool {
	name := filepath.Base(path)
	if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "~") || strings.HasPrefix(name, ".") && name != ".env" {
		return false
	}
	relative, err := filepath.Rel(d.w.dir, path)
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(strings.Split(filepath.Dir(relative), string(filepath.Separator)), func(part string) bool {
		return part != "." && ignored(part)
	})
}

// change takes over what has changed. What is wrong with the application is said in the terminal and in its
// page, and what ran goes on. An error ends everything.
func (d *developer) change(ctx context.Context, o cloud.Options, paths map[string]bool) error {
	program, inPage := []string(nil), false
	isPart := d.w.buildsFrom(ctx)
	for path := range paths {
		if d.page.has(path) {
			inPage = true
		} else if isPart(path) {
			program = append(program, path)
		}
	}
	if inPage && !d.page.isBuilt() {
		d.board.set(func(s *status) { s.Reload++ })
	}
	if paths != nil && program == nil {
		return nil
	}
	began := time.Now()
	err := d.replace(ctx, o)
	var wrong *buildError
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.As(err, &wrong):
		fmt.Fprintf(d.out, "%s\n", wrong)
		if d.cloud != nil {
			fmt.Fprintln(d.out, "what ran before goes on")
		}
		d.board.set(func(s *status) { s.Error = wrong.Error() })
		return nil
	case err != nil:
		return err
	}
	d.board.set(func(s *status) { s.Error = "" })
	d.typing.Go(func() { d.writeTypes(ctx) })
	if program != nil {
		fmt.Fprintf(d.out, "%s after %.2f s\n", describe(d.w.dir, program), time.Since(began).Seconds())
	}
	return nil
}

// writeTypes brings the types for the page up to date, while the new code answers already.
func (d *developer) writeTypes(ctx context.Context) {
	path := d.w.typesPath()
	if path == "" {
		return
	}
	d.typesMu.Lock()
	defer d.typesMu.Unlock()
	made, err := types.Generate(ctx, d.w.dir)
	if err == nil {
		d.tell("types", made.Notes...)
		err = writeIfChanged(path, made.TypeScript)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(d.out, "types: %v\n", err)
	}
}

// describe says of files that they run. Editors write other files beside, which are gone already.
func describe(dir string, paths []string) string {
	if there := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !exists(path) }); len(there) > 0 {
		paths = there
	}
	if len(paths) > 2 {
		return count(len(paths), "file") + " run"
	}
	var shown []string
	for _, path := range slices.Sorted(slices.Values(paths)) {
		if name, err := filepath.Rel(dir, path); err == nil {
			path = name
		}
		shown = append(shown, path)
	}
	if len(shown) == 2 {
		return shown[0] + " and " + shown[1] + " run"
	}
	return shown[0] + " runs"
}

// replace builds the application, and puts it in the place of what runs.
func (d *developer) replace(ctx context.Context, o cloud.Options) error {
	d.builds++
	program := d.w.kept("build", fmt.Sprintf("app-%d", d.builds))
	if err := d.w.build(ctx, program); err != nil {
		return err
	}
	p, err := d.w.declaration(ctx, program)
	if err != nil {
		return err
	}
	var mistakes []string
	if err := d.w.checkPage(p); err != nil {
		mistakes = append(mistakes, err.Error())
	}
	d.tell("page", mistakes...)
	a := &cloud.Application{Project: p, Program: program}
	if a.Variables, err = d.readVariables(p); err != nil {
		return err
	}
	if d.cloud == nil {
		if err := d.start(ctx, o, a); err != nil {
			return err
		}
	} else if err := d.cloud.Replace(ctx, a); err != nil {
		return &buildError{err.Error()}
	}
	if d.program != "" {
		_ = os.Remove(d.program) // what runs of it goes on
	}
	d.program = program
	if err := d.page.show(ctx, p.Page); err != nil {
		return &buildError{err.Error()}
	}
	return nil
}

func (d *developer) readVariables(p *project.Project) (map[string]string, error) {
	values, missing, err := d.w.variables(p)
	if err != nil {
		return nil, &buildError{err.Error()}
	}
	for i, name := range missing {
		missing[i] = fmt.Sprintf("the secret %s has no value: write %[1]s=… into .env", name)
	}
	d.tell("secrets", missing...)
	return values, nil
}

// tell says what is worth knowing, and does not repeat what still holds. Each call has all lines of its kind.
func (d *developer) tell(kind string, lines ...string) {
	d.toldMu.Lock()
	defer d.toldMu.Unlock()
	now := map[string]int{}
	for _, line := range lines {
		now[withoutNumber(line)]++
	}
	for _, line := range lines {
		if now[withoutNumber(line)] > d.told[kind][withoutNumber(line)] {
			fmt.Fprintln(d.out, line)
		}
	}
	d.told[kind] = now
}

var lineNumber = regexp.MustCompile(`:\d+`)

// withoutNumber leaves out the number of a line of code, which each edit above it changes.
func withoutNumber(line string) string { return lineNumber.ReplaceAllString(line, "") }

func (d *developer) start(ctx context.Context, o cloud.Options, a *cloud.Application) (err error) {
	o.Application, o.Page = a, d.page
	// The engine says only what is wrong, so that one sees what the handlers say.
	o.Environment = map[string]string{names.EnvLogLevel: "warn", names.EnvClientErrors: string(mode.LoudClientErrors)}
	o.Log = slog.New(terminal.NewHandler(d.out, slog.LevelInfo))
	o.Gateway = gateway.Options{Describe: terminal.Describe, Trace: d.trace}
	o.Invoked = func(function string, took time.Duration, err error) {
		if name, ok := strings.CutPrefix(function, project.SchedulePrefix); ok && err == nil { // errors are in the log
			fmt.Fprintf(d.out, "schedule %s ran, %d ms\n", name, took.Milliseconds())
		}
	}
	o.Local = map[string]http.HandlerFunc{
		"GET /_local/page": d.board.ServeHTTP,
		"GET /_local/page.js": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(devScript)
		},
	}
	d.cloud, err = cloud.Start(ctx, o)
	return err
}
