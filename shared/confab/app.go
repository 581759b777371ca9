package confab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
	"github.com/confab-chat/confab/shared/realtime"
)

// App is an application while it is declared. Its methods say what it has beside the handlers of events,
// which are registered on the embedded server: app.Of("/boards"), app.OnConnection and so on.
//
// An application is declared anew in every function instance, and by whoever wants to know what it has.
// So a declaration only declares. It does not call anything, and depends on nothing but Variable.
type App struct {
	*realtime.Server

	environment boot.Environment
	// declaring: nothing runs, so variables have their defaults.
	declaring bool
	project   project.Project
	routes    *http.ServeMux
	schedules map[string]func(context.Context) error
	database  func() *dynamodb.Client
	errs      []error
}

// newApp returns an application that is not declared yet.
func newApp(srv *realtime.Server, e boot.Environment) *App {
	return &App{
		Server: srv, environment: e, routes: http.NewServeMux(),
		schedules: map[string]func(context.Context) error{}, database: sync.OnceValue(e.DynamoDB),
	}
}

// declare runs a declaration, and returns everything that is wrong with it.
func (a *App) declare(declaration func(*App)) error {
	a.runDeclaration(declaration)
	p := &a.project
	p.Namespaces = slices.DeleteFunc(a.Names(), func(name string) bool { return !a.Of(name).HasHandlers() })
	for _, t := range p.Tables {
		t.Actions = a.actionsByFunction(t.Actions)
	}
	return errors.Join(a.errs...)
}

// actionsByFunction turns what may be done in all functions that there could be into what those may do
// that there are.
func (a *App) actionsByFunction(all map[string][]string) map[string][]string {
	actions := map[string][]string{}
	for _, function := range a.project.Functions() {
		key := function
		if strings.HasPrefix(function, project.SchedulePrefix) {
			key = project.SchedulePrefix
		}
		runs := function == names.Message || a.HandlesEndings() || !InEndings.matches(function)
		if allowed := slices.Sorted(slices.Values(all[key])); len(allowed) > 0 && runs {
			actions[function] = allowed
		}
	}
	return actions
}

// runDeclaration makes a panic, as of a handler that is registered twice, one of the errors: the last one.
func (a *App) runDeclaration(declaration func(*App)) {
	defer func() {
		if p := recover(); p != nil {
			a.fail("%v", p)
		}
	}()
	declaration(a)
}

// fail notes what is wrong, and where the application says it.
func (a *App) fail(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if place := callerOf(); place != "" {
		err = fmt.Errorf("%s: %w", place, err)
	}
	a.errs = append(a.errs, err)
}

// beneath are where what is wrong with a declaration is found, beneath the line that says it.
var beneath = regexp.MustCompile(`^(runtime|net/http|github\.com/confab-chat/confab/shared/(confab|realtime))\.`)

// callerOf returns the file and the line from which this package, or the engine, was called.
func callerOf() string {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	for {
		frame, more := frames.Next()
		if !beneath.MatchString(frame.Function) {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return ""
		}
	}
}

// Names of tables, schedules, variables and secrets, which become those of resources.
var (
	resourceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}[a-z0-9]$`)
	variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,62}$`)
)

// headerName has no comma, which separates them where the functions read them.
var headerName = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// methods are those that routes of API Gateway may have.
var methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// HTTP adds a route of the HTTP API, at a pattern of net/http with a method: "POST /boards/{id}". The
// handler runs in a function of its own, for at most 29 seconds, and its response is sent when it returns. A
// request may have 10 MB and a response 6.
//
// The page is at the same origin. On AWS all that is below the first part of a route's path, as "/boards/",
// is the routes' and never a file of the page; so it must be fixed.
func (a *App) HTTP(pattern string, handler http.HandlerFunc) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || !slices.Contains(methods, method) || !strings.HasPrefix(path, "/") {
		a.fail("route %q: write a method and a path, as in %q; methods are %s", pattern, "GET /boards/{id}", strings.Join(methods, ", "))
		return
	}
	switch first := (project.Route{Pattern: pattern}).First(); {
	case first == "" || strings.HasPrefix(first, "{"):
		a.fail("route %q: its path must begin with a fixed part, as in %q, because the root is the page's", pattern, "/boards/{id}")
		return
	case first == "socket.io", first == "_local", first == "assets":
		a.fail("route %q: paths below /%s/ are Confab's own", pattern, first)
		return
	case strings.HasSuffix(path, "/"), strings.HasSuffix(path, "{$}"):
		a.fail("route %q: leave out what follows the last /, and the / too; for all that is below, write {rest...}", pattern)
		return
	}
	defer func() {
		if p := recover(); p != nil { // it does not parse, or conflicts with another one
			what := fmt.Sprint(p)
			if _, matches, found := strings.Cut(what, ":\n"); found { // before stands where, which is here for both
				what = matches
			}
			a.fail("route %q: %s", pattern, what)
		}
	}()
	a.routes.HandleFunc(pattern, handler)
	a.project.Routes = append(a.project.Routes, project.Route{Pattern: pattern})
}

// Every runs work once in each interval: whole minutes, because EventBridge's schedules have no less. On AWS the
// intervals begin when the schedule is first deployed. Work runs at least once each time, and may run twice: make
// it repeatable. A run may take a minute. Its error, or its death, makes Lambda repeat it up to two times; then
// its event is kept in the queue of failures.
func (a *App) Every(name string, interval time.Duration, work func(context.Context) error) {
	switch {
	case !resourceName.MatchString(name):
		a.fail("schedule %q: its name must have 2 to 32 of a-z, 0-9 and \"-\"", name)
	case a.schedules[name] != nil:
		a.fail("schedule %q: there is another one of this name", name)
	case interval < time.Minute || interval%time.Minute != 0:
		a.fail("schedule %q: its interval %v must be whole minutes", name, interval)
	default:
		a.schedules[name] = work
		a.project.Schedules = append(a.project.Schedules, project.Schedule{Name: name, Every: interval})
	}
}

// Variable returns the value of an environment variable that whoever deploys the application may set, and
// otherwise its default.
func (a *App) Variable(name, fallback string) string {
	if !a.addVariable(name) {
		return fallback
	}
	a.project.Variables = append(a.project.Variables, project.Variable{Name: name, Default: fallback})
	if value := a.lookUp(name); value != "" {
		return value
	}
	return fallback
}

// Secret returns the value of a variable that is kept in AWS Secrets Manager and never in a template. Where the application
// runs locally, it is one of the environment or of the file .env. It is "" while the application is only declared.
func (a *App) Secret(name string) string {
	if !a.addVariable(name) {
		return ""
	}
	a.project.Secrets = append(a.project.Secrets, name)
	return a.lookUp(name)
}

// addVariable reports whether a name can be one of a variable.
func (a *App) addVariable(name string) bool {
	taken := slices.ContainsFunc(a.project.Variables, func(v project.Variable) bool { return v.Name == name })
	switch {
	case !variableName.MatchString(name):
		a.fail("variable %q: its name must have A-Z, 0-9 and \"_\"", name)
	case strings.HasPrefix(name, "CONFAB_"), strings.HasPrefix(name, "AWS_"), strings.HasPrefix(name, "LAMBDA_"):
		a.fail("variable %q: names that begin so are taken", name)
	case taken, slices.Contains(a.project.Secrets, name):
		a.fail("variable %q: it is declared twice", name)
	default:
		return true
	}
	return false
}

func (a *App) lookUp(name string) string {
	if a.declaring {
		return ""
	}
	return a.environment.Getenv(name)
}

// Page serves a web page at the address of the API: a folder of the application. One with a package.json is
// built by its script "build" into the folder dist in it; else it is served as it is.
func (a *App) Page(folder string) {
	if folder == "" || strings.HasPrefix(folder, "/") || strings.Contains(folder, "..") {
		a.fail("page %q: it must be a folder below that of the application", folder)
		return
	}
	a.project.Page = folder
}

// KeepHeaders adds headers of the request that opens a connection to what Handshake tells, as "Authorization". They are
// stored as long as the connection lives. Browsers let no page set any, so prefer what a client sends as its auth.
func (a *App) KeepHeaders(names ...string) {
	for _, name := range names {
		if !headerName.MatchString(name) {
			a.fail("header %q: its name must have a-z, A-Z, 0-9 and \"-\"", name)
			continue
		}
		a.project.Headers = append(a.project.Headers, name)
	}
}

// Recover turns connection state recovery on: a client that was away for no longer than the window gets
// what it missed, in its rooms, with its data. See docs/engine.md.
func (a *App) Recover(window time.Duration) {
	if window < time.Second || window > 24*time.Hour {
		a.fail("recovery: its window must be a second to a day, not %v", window)
		return
	}
	a.project.Recovery = window
}
