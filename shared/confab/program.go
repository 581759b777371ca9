package confab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
	"github.com/confab-chat/confab/shared/realtime"
)

// Main runs an application's program. On AWS, and on the local cloud, it is the function that the
// environment names. It never returns.
func Main(declare func(*App)) {
	switch name := os.Getenv(names.EnvFunction); {
	case os.Getenv(names.EnvDeclare) != "":
		if err := printDeclaration(os.Stdout, declare); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case name == names.Connect:
		boot.StartWithAfterResponse(boot.Connect)
	case name != "":
		boot.Start(func(e boot.Environment) (lambda.Handler, error) { return NewFunction(declare, name, e) }, nil)
	default:
		fmt.Fprintln(os.Stderr, "This program is an application of Confab. `confab dev` runs it; go install github.com/confab-chat/confab/scripts/confab@latest")
		os.Exit(2)
	}
	os.Exit(0)
}

// Declare returns what an application has, or everything that is wrong with its declaration.
func Declare(declare func(*App)) (*project.Project, error) {
	srv := realtime.NewServer(realtime.Options{})
	app := newApp(srv, boot.Environment{Getenv: func(string) string { return "" }})
	app.declaring = true
	if err := app.declare(declare); err != nil {
		return nil, err
	}
	return &app.project, nil
}

func printDeclaration(w io.Writer, declare func(*App)) error {
	p, err := Declare(declare)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(p)
}

// NewFunction makes the function of an application with one of project.Project's names, for a host that
// runs it in its own process. Main does it for all others.
func NewFunction(declare func(*App), name string, e boot.Environment) (lambda.Handler, error) {
	if name == names.Connect {
		return boot.Connect(e)
	}
	options := []boot.Option{boot.LargeFanouts(e)}
	if name == names.Sweep {
		options = append(options, boot.LargeSweeps(e))
	}
	srv, err := e.Engine(options...)
	if err != nil {
		return nil, err
	}
	app, err := Attach(srv, declare, e)
	if err != nil {
		return nil, err
	}
	switch name {
	case names.Message:
		return apigw.Message(srv), nil
	case names.Disconnect:
		return apigw.Disconnect(srv), nil
	case names.Fanout:
		return apigw.Fanout(srv), nil
	case names.Sweep:
		return apigw.Sweep(srv), nil
	case names.API:
		return apigw.HTTP(app), nil
	}
	schedule, _ := strings.CutPrefix(name, project.SchedulePrefix)
	if app.schedules[schedule] != nil {
		// What its event says is of no use.
		return apigw.HandlerFunc[json.RawMessage, any](func(ctx context.Context, _ json.RawMessage) (any, error) {
			return nil, app.Run(ctx, schedule)
		}), nil
	}
	return nil, fmt.Errorf("the application has no function %q", name)
}

// Attach declares an application on a server that a host has made, such as that of a test.
func Attach(srv *realtime.Server, declare func(*App), e boot.Environment) (*App, error) {
	app := newApp(srv, e)
	return app, app.declare(declare)
}

// ServeHTTP serves the routes, for a host. A handler that panics is logged with its stack, and answered 500.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			a.LogRefusal(r.Context(), "route failed", fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "route", r.Pattern)
			http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		}
	}()
	a.routes.ServeHTTP(w, r)
}

// Run does the work of a schedule, for a host.
func (a *App) Run(ctx context.Context, schedule string) error {
	work := a.schedules[schedule]
	if work == nil {
		return fmt.Errorf("confab: the application has no schedule %q", schedule)
	}
	return work(ctx)
}
