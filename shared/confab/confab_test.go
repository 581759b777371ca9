package confab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
	"github.com/confab-chat/confab/shared/realtime"
)

// stroke is an item of a table.
type stroke struct {
	Board   string `json:"board"`
	At      int64  `json:"at"`
	Colour  string `json:"colour"`
	Expires int64  `json:"expires,omitempty"`
}

func onEvent(_ context.Context, _ *confab.Socket, in string) (string, error) { return in, nil }

func TestAnApplicationSaysWhatItHas(t *testing.T) {
	got, err := confab.Declare(func(app *confab.App) {
		confab.NewTable[stroke](app, "strokes", confab.Key{Partition: "board", Sort: "at"}, confab.Expire("expires"))
		confab.NewTable[stroke](app, "counts", confab.Key{Partition: "board"}, confab.Use(confab.InEvents, confab.InSchedules), confab.Only("DeleteItem", "PutItem", "GetItem"), confab.Allow("UpdateItem"))
		confab.On(app.Of("/boards"), "draw", onEvent)
		app.Of("/unused")
		app.HTTP("POST /boards/{id}/clear", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /files/{path...}", func(http.ResponseWriter, *http.Request) {})
		app.Every("expire", time.Hour, func(context.Context) error { return nil })
		if got := app.Variable("GREETING", "Hello"); got != "Hello" {
			t.Errorf("an undeployed variable is %q", got)
		}
		app.Secret("STRIPE_KEY")
		app.Page("web")
		app.Recover(2 * time.Minute)
		app.KeepHeaders("Authorization")
	})
	all, some := []string{"DeleteItem", "GetItem", "PutItem", "Query"}, []string{"DeleteItem", "GetItem", "PutItem", "UpdateItem"}
	want := &project.Project{
		Namespaces: []string{"/boards"},
		Tables: []*project.Table{
			{
				Name: "strokes", Partition: project.Attribute{Name: "board", Type: "S"}, Sort: &project.Attribute{Name: "at", Type: "N"}, TTL: "expires",
				Actions: map[string][]string{names.Message: all, names.API: all, "schedule-expire": all},
			},
			{
				Name: "counts", Partition: project.Attribute{Name: "board", Type: "S"},
				Actions: map[string][]string{names.Message: some, "schedule-expire": some},
			},
		},
		Variables: []project.Variable{{Name: "GREETING", Default: "Hello"}},
		Secrets:   []string{"STRIPE_KEY"},
		Routes:    []project.Route{{Pattern: "POST /boards/{id}/clear"}, {Pattern: "GET /files/{path...}"}},
		Schedules: []project.Schedule{{Name: "expire", Every: time.Hour}},
		Page:      "web",
		Recovery:  2 * time.Minute,
		Headers:   []string{"Authorization"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		gotJSON, _ := json.MarshalIndent(got, "", " ")
		wantJSON, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("%v\n%s\nwant\n%s", err, gotJSON, wantJSON)
	}
	if key := got.Routes[1].Key(); key != "GET /files/{path+}" {
		t.Errorf("the key of a route for API Gateway is %q", key)
	}
}

func TestFunctionsThatEndSocketsMayUseTablesOnlyIfHandlersRunInThem(t *testing.T) {
	got, err := confab.Declare(func(app *confab.App) {
		confab.NewTable[stroke](app, "strokes", confab.Key{Partition: "board"})
		app.OnDisconnect(func(context.Context, *confab.Socket, confab.Reason) error { return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range []string{names.Message, names.Disconnect, names.Fanout, names.Sweep} {
		if len(got.Tables[0].Actions[function]) == 0 {
			t.Errorf("%s may do nothing", function)
		}
	}
}

func TestEachPlaceMayDoOnlyWhatItSays(t *testing.T) {
	got, err := confab.Declare(func(app *confab.App) {
		confab.NewTable[stroke](app, "strokes", confab.Key{Partition: "board"},
			confab.InEvents.Only("PutItem", "Query"), confab.InEndings.Only("DeleteItem"), confab.InSchedules.Only())
		app.OnDisconnect(func(context.Context, *confab.Socket, confab.Reason) error { return nil })
		app.HTTP("GET /boards", func(http.ResponseWriter, *http.Request) {})
		app.Every("expire", time.Hour, func(context.Context) error { return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		names.Message: {"PutItem", "Query"}, names.API: {"DeleteItem", "GetItem", "PutItem", "Query"},
		names.Disconnect: {"DeleteItem"}, names.Fanout: {"DeleteItem"}, names.Sweep: {"DeleteItem"},
	}
	if !reflect.DeepEqual(got.Tables[0].Actions, want) {
		t.Errorf("got %v, want %v", got.Tables[0].Actions, want)
	}
}

func TestEverythingThatIsWrongWithADeclarationIsSaid(t *testing.T) {
	_, err := confab.Declare(func(app *confab.App) {
		confab.NewTable[stroke](app, "Strokes", confab.Key{Partition: "board"})
		confab.NewTable[stroke](app, "lines", confab.Key{Partition: "colours"})
		confab.NewTable[struct {
			At time.Time `json:"at"`
		}](app, "times", confab.Key{Partition: "at"})
		confab.NewTable[stroke](app, "late", confab.Key{Partition: "board"}, confab.Expire("colour"))
		app.HTTP("/boards", nil)
		app.HTTP("GET /", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /{board}/strokes", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /boards/", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("TRACE /boards", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /socket.io/x", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /a/{b", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /twice", func(http.ResponseWriter, *http.Request) {})
		app.HTTP("GET /twice", func(http.ResponseWriter, *http.Request) {})
		app.Every("tick", time.Second, func(context.Context) error { return nil })
		app.Variable("AWS_REGION", "")
		app.Secret("lower")
		app.Page("../web")
		app.Recover(time.Millisecond)
		app.KeepHeaders("Authorization, Cookie")
		for range 2 {
			confab.On(app, "open", func(context.Context, *confab.Socket, confab.None) (confab.None, error) { return confab.None{}, nil })
		}
	})
	want := []string{
		`table "Strokes": its name must have 2 to 32`,
		`table "lines": confab_test.stroke has no field with the name "colours" as JSON`,
		`table "times": the field "at" of struct`,
		`table "late": confab_test.stroke has no whole number with the name "colour" as JSON`,
		`route "/boards": write a method and a path`,
		`route "GET /": its path must begin with a fixed part`,
		`route "GET /{board}/strokes": its path must begin with a fixed part`,
		`route "GET /boards/": leave out what follows the last /`,
		`route "TRACE /boards": write a method and a path`,
		`route "GET /socket.io/x": paths below /socket.io/ are Confab's own`,
		`route "GET /a/{b": `,
		`route "GET /twice": GET /twice matches the same requests as GET /twice`,
		`schedule "tick": its interval 1s must be whole minutes`,
		`variable "AWS_REGION": names that begin so are taken`,
		`variable "lower": its name must have A-Z`,
		`page "../web": it must be a folder below`,
		`recovery: its window must be`,
		`header "Authorization, Cookie": its name must have`,
		`a second handler for open`,
	}
	lines := strings.Split(fmt.Sprint(err), "\n")
	for _, part := range want {
		i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, part) })
		if i < 0 {
			t.Errorf("nothing says %s in\n%v", part, err)
		} else if !strings.HasPrefix(lines[i], "confab_test.go:") {
			t.Errorf("nothing says where it is: %s", lines[i])
		}
	}
}

// inFunction declares an application as its function has it, on a database with its tables.
func inFunction(t *testing.T, name string, declare func(*confab.App)) func(event any) (string, error) {
	t.Helper()
	client, end, err := dynamo.ForTests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	tables := append(dynamo.Tables(""), dynamo.Table{Name: "strokes-on-aws", Keys: []string{"board", "at"}, Types: []string{"S", "N"}})
	if err := dynamo.CreateTables(t.Context(), client, tables); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{
		names.EnvRealtimeTable: tables[0].Name, names.EnvManagementEndpoint: "http://localhost:1", "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_ENDPOINT_URL_DYNAMODB": *client.Options().BaseEndpoint,
		project.TableVariable("strokes"): "strokes-on-aws", "GREETING": "Welcome", "STRIPE_KEY": "sk",
	}
	h, err := confab.NewFunction(declare, name, boot.Environment{Getenv: func(n string) string { return variables[n] }, Log: nil})
	if err != nil {
		t.Fatal(err)
	}
	return func(event any) (string, error) {
		payload, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		out, err := h.Invoke(t.Context(), payload)
		return string(out), err
	}
}

func TestATableKeepsItems(t *testing.T) {
	now := time.Now().Unix()
	run := inFunction(t, "schedule-work", func(app *confab.App) {
		strokes := confab.NewTable[stroke](app, "strokes", confab.Key{Partition: "board", Sort: "at"}, confab.Expire("expires"))
		app.Every("work", time.Minute, func(ctx context.Context) error {
			var errs []error
			check := func(what string, err, want error) {
				if !errors.Is(err, want) {
					errs = append(errs, fmt.Errorf("%s: %w, not %w", what, err, want))
				}
			}
			red := stroke{Board: "b", At: 1, Colour: "red"}
			check("put", strokes.Put(ctx, red), nil)
			check("insert of what is there", strokes.Insert(ctx, red), confab.ErrExists)
			check("insert", strokes.Insert(ctx, stroke{Board: "b", At: 20, Colour: "blue"}), nil)
			check("put that will expire", strokes.Put(ctx, stroke{Board: "b", At: 3, Expires: now + 1000}), nil)
			check("put that has expired", strokes.Put(ctx, stroke{Board: "b", At: 4, Expires: now - 1}), nil)
			got, err := strokes.Get(ctx, "b", 1)
			check("get", err, nil)
			if got != red {
				errs = append(errs, fmt.Errorf("got %+v", got))
			}
			_, err = strokes.Get(ctx, "b", 2)
			check("get of nothing", err, confab.ErrNotFound)
			_, err = strokes.Get(ctx, "b", 4)
			check("get of what has expired", err, confab.ErrNotFound)
			if _, err = strokes.Get(ctx, "b"); err == nil {
				errs = append(errs, errors.New("a key with one value"))
			}
			if _, err = strokes.Get(ctx, "b", "one"); err == nil {
				errs = append(errs, errors.New("a key with a wrong type"))
			}
			var order []int64
			for s, err := range strokes.Query(ctx, "b") {
				check("query", err, nil)
				order = append(order, s.At)
			}
			if !slices.Equal(order, []int64{1, 3, 20}) {
				errs = append(errs, fmt.Errorf("order %v", order))
			}
			for s, err := range strokes.QueryBackward(ctx, "b") {
				check("query", err, nil)
				if s.At != 20 {
					errs = append(errs, fmt.Errorf("the last is %v", s.At))
				}
				break
			}
			expect := func(what string, items iter.Seq2[stroke, error], want ...int64) {
				var got []int64
				for s, err := range items {
					check(what, err, nil)
					got = append(got, s.At)
				}
				if !slices.Equal(got, want) {
					errs = append(errs, fmt.Errorf("%s: %v", what, got))
				}
			}
			expect("after", strokes.Query(ctx, "b", confab.After(1)), 3, 20)
			expect("after, backward", strokes.QueryBackward(ctx, "b", confab.After(20)), 3, 1)
			expect("limit", strokes.Query(ctx, "b", confab.Limit(2)), 1, 3)
			expect("limit beyond what has expired", strokes.Query(ctx, "b", confab.After(3), confab.Limit(1)), 20)
			for _, err := range strokes.Query(ctx, "b", confab.After("one")) {
				if err == nil {
					errs = append(errs, errors.New("after a value of a wrong type"))
				}
			}
			check("delete", strokes.Delete(ctx, "b", 20), nil)
			check("delete of nothing", strokes.Delete(ctx, "b", 20), nil)
			return errors.Join(errs...)
		})
	})
	if _, err := run(struct{}{}); err != nil {
		t.Error(err)
	}
}

func TestUpdatesOfManyLoseNothing(t *testing.T) {
	run := inFunction(t, "schedule-work", func(app *confab.App) {
		strokes := confab.NewTable[stroke](app, "strokes", confab.Key{Partition: "board", Sort: "at"})
		app.Every("work", time.Minute, func(ctx context.Context) error {
			if err := strokes.Put(ctx, stroke{Board: "b"}); err != nil {
				return err
			}
			done := make(chan error)
			for range 4 {
				go func() {
					_, err := strokes.Update(ctx, func(s *stroke) error { s.Expires++; return nil }, "b", 0)
					done <- err
				}()
			}
			var errs []error
			for range 4 {
				errs = append(errs, <-done)
			}
			got, err := strokes.Get(ctx, "b", 0)
			if got.Expires != 4 {
				errs = append(errs, fmt.Errorf("counted %d", got.Expires))
			}
			_, missing := strokes.Update(ctx, func(*stroke) error { return nil }, "b", 1)
			if !errors.Is(missing, confab.ErrNotFound) {
				errs = append(errs, fmt.Errorf("update of nothing: %w", missing))
			}
			return errors.Join(append(errs, err)...)
		})
	})
	if _, err := run(struct{}{}); err != nil {
		t.Error(err)
	}
}

func TestATableThatIsThrottledMayBeAskedAgain(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`)
	}))
	defer busy.Close()
	variables := map[string]string{
		names.EnvRealtimeTable: "t", names.EnvManagementEndpoint: "http://localhost:1", "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_ENDPOINT_URL_DYNAMODB": busy.URL,
	}
	h, err := confab.NewFunction(func(app *confab.App) {
		strokes := confab.NewTable[stroke](app, "strokes", confab.Key{Partition: "board", Sort: "at"})
		app.Every("work", time.Minute, func(ctx context.Context) error {
			if err := realtime.Safe(strokes.Put(ctx, stroke{Board: "b"})); err.Code != realtime.CodeUnavailable || !err.Temporary {
				return err
			}
			return nil
		})
	}, "schedule-work", boot.Environment{Getenv: func(n string) string { return variables[n] }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Invoke(t.Context(), []byte(`{}`)); err != nil {
		t.Error(err)
	}
}

func TestARouteThatPanicsIsAnswered(t *testing.T) {
	run := inFunction(t, names.API, func(app *confab.App) {
		app.HTTP("GET /boom", func(http.ResponseWriter, *http.Request) { panic("boom") })
	})
	var e events.APIGatewayV2HTTPRequest
	e.RawPath, e.RequestContext.HTTP.Method = "/boom", "GET"
	if got, err := run(e); err != nil || !strings.Contains(got, `"statusCode":500`) || strings.Contains(got, "boom") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestARouteIsServedWithVariablesAndSecrets(t *testing.T) {
	run := inFunction(t, names.API, func(app *confab.App) {
		greeting, key := app.Variable("GREETING", "Hello"), app.Secret("STRIPE_KEY")
		app.HTTP("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, "%s, %s (%s)", greeting, r.PathValue("name"), key)
		})
	})
	var e events.APIGatewayV2HTTPRequest
	e.RawPath, e.RequestContext.HTTP.Method = "/hello/Ada", "GET"
	if got, err := run(e); err != nil || !strings.Contains(got, "Welcome, Ada (sk)") {
		t.Errorf("%s, %v", got, err)
	}
}
