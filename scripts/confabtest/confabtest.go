// Package confabtest tests an application of package confab.
//
// [New] runs it in the test: at once, without a network but for its database, and with a clock of the
// test's, as package realtimetest does.
//
//	app := confabtest.New(t, Whiteboard)
//	ada, bob := app.Connect("/boards", nil), app.Connect("/boards", nil)
//	…
//	if w := app.Request("DELETE", "/boards/b", nil); w.Code != http.StatusNoContent { … }
//	if err := app.Run("expire"); err != nil { … }
//
// [Start] runs the whole application on a local cloud, at an address of its own, for a client of any
// kind. Both have the tables, routes and schedules that the application declares. The database is the embedded one,
// or that at CONFAB_TEST_DYNAMODB; each test has tables of its own.
package confabtest

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/scripts/local/cloud"
	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// Server is an application in a test. Its clients, connections and clock are those of realtimetest.
type Server struct {
	*realtimetest.Server
	t       testing.TB
	project *project.Project
	// latest is the instance that was made last. They are all alike, but for what they may do.
	latest atomic.Pointer[instance]
	// variables are the environment of its functions.
	variables map[string]string
}

// Variables sets variables and secrets of the application.
type Variables map[string]string

// New runs an application in the test. Like package realtimetest, it makes a new instance of the application
// for each message, so that a variable which a handler keeps is lost, as it may be on AWS.
func New(t testing.TB, declare func(*confab.App), variables ...Variables) *Server {
	t.Helper()
	p, err := confab.Declare(declare)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, project: p, variables: map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": dynamo.Local.Credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": dynamo.Local.Credentials.SecretAccessKey,
	}}
	if len(p.Tables) > 0 {
		s.createTables(p.Tables)
	}
	for _, set := range variables {
		maps.Copy(s.variables, set)
	}
	s.Server = realtimetest.New(t, func(srv *realtime.Server) {
		// A function that handles messages handles the ends of sockets, too.
		may := &permissions{s.allowed(names.Message, names.Disconnect, names.Fanout, names.Sweep)}
		app, err := confab.Attach(srv, declare, s.environment(may))
		if err != nil {
			t.Error(err)
		}
		s.latest.Store(&instance{app, may})
	}, func(o *realtimetest.Options) {
		o.Headers = p.Headers
		if p.Recovery > 0 {
			o.Recovery = &realtime.Recovery{Window: p.Recovery}
		}
	})
	return s
}

// database is shared by the tests of a process, with which it ends.
var database = sync.OnceValues(func() (*dynamodb.Client, error) {
	client, _, err := dynamo.ForTests(context.Background())
	return client, err
})

// createTables creates tables that are this test's alone.
func (s *Server) createTables(declared []*project.Table) {
	s.t.Helper()
	client, err := database()
	if err != nil {
		s.t.Fatal(err)
	}
	var tables []dynamo.Table
	for _, t := range declared {
		table := dynamo.Declared(t, t.Name+"-"+rand.Text())
		tables = append(tables, table)
		s.variables[project.TableVariable(t.Name)] = table.Name
	}
	if err := dynamo.CreateTables(s.t.Context(), client, tables); err != nil {
		s.t.Fatal(err)
	}
	s.variables["AWS_ENDPOINT_URL_DYNAMODB"] = *client.Options().BaseEndpoint
	credentials, err := client.Options().Credentials.Retrieve(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.variables["AWS_ACCESS_KEY_ID"], s.variables["AWS_SECRET_ACCESS_KEY"] = credentials.AccessKeyID, credentials.SecretAccessKey
}

func (s *Server) environment(services http.RoundTripper) boot.Environment {
	return boot.Environment{
		Getenv: func(name string) string { return s.variables[name] }, Log: slog.New(slog.NewTextHandler(s.t.Output(), nil)),
		Services: services,
	}
}

// function returns an instance of a function of the application that is about to be invoked.
func (s *Server) function(name string) *confab.App {
	s.Instance()
	made := s.latest.Load()
	made.may.allowed = s.allowed(name)
	return made.app
}

// Request sends a request to the application's routes, and returns the response.
func (s *Server) Request(method, path string, body io.Reader) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.Serve(httptest.NewRequestWithContext(s.t.Context(), method, path, body))
}

// Serve is Request for a request that has more, such as headers.
func (s *Server) Serve(r *http.Request) *httptest.ResponseRecorder {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.function(names.API).ServeHTTP(w, r)
	return w
}

// Run does the work of a schedule.
func (s *Server) Run(schedule string) error {
	s.t.Helper()
	return s.function(project.SchedulePrefix+schedule).Run(s.t.Context(), schedule)
}

// Start runs the application on a local cloud until the test ends, and returns its address. Its functions run in
// this process, so that the race detector and the debugger see them.
func Start(t testing.TB, declare func(*confab.App), variables ...Variables) (url string) {
	t.Helper()
	p, err := confab.Declare(declare)
	if err != nil {
		t.Fatal(err)
	}
	a := &cloud.Application{Project: p, Variables: map[string]string{}, New: func(name string, e boot.Environment) (lambda.Handler, error) {
		return confab.NewFunction(declare, name, e)
	}}
	for _, set := range variables {
		maps.Copy(a.Variables, set)
	}
	c, err := cloud.Start(t.Context(), cloud.Options{
		Application: a, Web: p.Page, OwnPage: true, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c.URL()
}
