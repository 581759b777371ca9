package confabtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// Game is an example: a player enters a table, and the other players there are told.
func Game(app *confab.App) {
	confab.On(app, "enter", func(ctx context.Context, s *confab.Socket, table string) (int, error) {
		if err := s.Join(ctx, table); err != nil {
			return 0, err
		}
		players, err := app.In(table).FetchSockets(ctx)
		return len(players), errors.Join(err, s.To(table).Emit(ctx, "entered", s.ID()))
	})
}

func TestPlayersHearWhoEntersTheirTable(t *testing.T) {
	app := confabtest.New(t, Game)
	ada, bob := app.Connect("/", nil), app.Connect("/", nil)
	for i, player := range []*realtimetest.Client{ada, bob} {
		var players int
		if err := player.EmitWithAck("enter", &players, "table-7"); err != nil || players != i+1 {
			t.Errorf("got %d players, %v", players, err)
		}
	}
	ada.Expect("entered", bob.ID())
	bob.ExpectNone()
}

// note is an item of a table.
type note struct {
	Name string `json:"name"`
	Text string `json:"text"`
	// Until is the second at which it expires. Zero: never.
	Until int64 `json:"until,omitempty"`
}

// notes is an application with something of everything.
func notes(app *confab.App) {
	all := confab.NewTable[note](app, "notes", confab.Key{Partition: "name"})
	greeting := app.Variable("GREETING", "Hello")
	confab.On(app, "keep", func(ctx context.Context, _ *confab.Socket, n note) (string, error) {
		return greeting, all.Put(ctx, n)
	})
	app.HTTP("GET /notes/{name}", func(w http.ResponseWriter, r *http.Request) {
		n, err := all.Get(r.Context(), r.PathValue("name"))
		if errors.Is(err, confab.ErrNotFound) {
			http.Error(w, "There is no such note.", http.StatusNotFound)
			return
		}
		if r.Header.Get("Accept-Language") == "en-GB" {
			n.Text += " o'clock"
		}
		_, _ = io.WriteString(w, n.Text)
	})
	app.Every("forget", time.Hour, func(ctx context.Context) error { return all.Delete(ctx, "tea") })
}

func TestATestHasTheTablesRoutesSchedulesAndVariablesOfTheApplication(t *testing.T) {
	t.Parallel()
	app := confabtest.New(t, notes, confabtest.Variables{"GREETING": "Welcome"})
	var greeting string
	if err := app.Connect("/", nil).EmitWithAck("keep", &greeting, note{Name: "tea", Text: "at five"}); err != nil || greeting != "Welcome" {
		t.Errorf("%q, %v", greeting, err)
	}
	if w := app.Request(http.MethodGet, "/notes/tea", nil); w.Code != http.StatusOK || w.Body.String() != "at five" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	r := httptest.NewRequest(http.MethodGet, "/notes/tea", nil)
	r.Header.Set("Accept-Language", "en-GB")
	if w := app.Serve(r); w.Body.String() != "at five o'clock" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := app.Run("forget"); err != nil {
		t.Error(err)
	}
	if w := app.Request(http.MethodGet, "/notes/tea", nil); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := app.Run("other"); err == nil {
		t.Error("a schedule ran that there is not")
	}
}

// recovering is an application that does what its tables and its engine do by the clock.
func recovering(app *confab.App) {
	app.Recover(time.Minute)
	app.KeepHeaders("Authorization")
	all := confab.NewTable[note](app, "notes", confab.Key{Partition: "name"}, confab.Expire("until"))
	app.OnConnection(func(ctx context.Context, s *confab.Socket) error {
		return s.Join(ctx, "of "+s.Handshake().Headers["authorization"])
	})
	confab.On(app, "keep", func(ctx context.Context, _ *confab.Socket, n note) (confab.None, error) {
		n.Until = app.Now().Add(time.Hour).Unix()
		return confab.None{}, errors.Join(all.Put(ctx, n), app.To("of "+n.Name).Emit(ctx, "kept", n.Text))
	})
	confab.On(app, "find", func(ctx context.Context, _ *confab.Socket, name string) (note, error) {
		return all.Get(ctx, name)
	})
}

func TestATestHasTheClockTheRecoveryAndTheHeadersOfTheApplication(t *testing.T) {
	t.Parallel()
	app := confabtest.New(t, recovering)
	connection, err := app.Open(func(u *realtime.Upgrade) { u.Headers["Authorization"] = "tea" })
	if err != nil {
		t.Fatal(err)
	}
	ada, err := connection.Connect("/", nil)
	if err != nil {
		t.Fatal(err)
	}
	keep := func(text string) {
		t.Helper()
		if err := app.Connect("/", nil).EmitWithAck("keep", nil, note{Name: "tea", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	keep("at four")
	ada.Expect("kept", "at four")
	ada.Cut()
	keep("at five")
	if recovered, err := ada.Reconnect(); err != nil || !recovered {
		t.Fatalf("recovered: %v, %v", recovered, err)
	}
	ada.Expect("kept", "at five")
	var found note
	if err := ada.EmitWithAck("find", &found, "tea"); err != nil || found.Text != "at five" {
		t.Errorf("%+v, %v", found, err)
	}
	app.Clock.Advance(time.Hour)
	if err := app.Connect("/", nil).EmitWithAck("find", nil, "tea"); realtimetest.Code(err) != realtime.CodeInternal {
		t.Errorf("an item was found that has expired: %v", err)
	}
}

func TestEachTestHasTablesOfItsOwn(t *testing.T) {
	t.Parallel()
	one, other := confabtest.New(t, notes), confabtest.New(t, notes)
	if err := one.Connect("/", nil).EmitWithAck("keep", nil, note{Name: "tea", Text: "at five"}); err != nil {
		t.Fatal(err)
	}
	if w := other.Request(http.MethodGet, "/notes/tea", nil); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheWholeApplicationRunsAtAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	url := confabtest.Start(t, notes)
	s, err := socket.Dial(t.Context(), socket.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var greeting string
	if err := s.Call(t.Context(), "keep", note{Name: "tea", Text: "at five"}, &greeting); err != nil || greeting != "Hello" {
		t.Errorf("%q, %v", greeting, err)
	}
	response, err := http.Get(url + "/notes/tea")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || strings.TrimSpace(string(body)) != "at five" {
		t.Errorf("%s, %v", body, err)
	}
}

// modest is an application whose functions may do little with its table.
func modest(app *confab.App) {
	all := confab.NewTable[note](app, "notes", confab.Key{Partition: "name"},
		confab.InEvents.Only("PutItem"), confab.InRoutes.Only("GetItem"), confab.InSchedules.Only())
	confab.On(app, "keep", func(ctx context.Context, _ *confab.Socket, n note) (confab.None, error) {
		return confab.None{}, all.Put(ctx, n)
	})
	confab.On(app, "find", func(ctx context.Context, _ *confab.Socket, name string) (string, error) {
		_, err := all.Get(ctx, name)
		return fmt.Sprint(err), nil
	})
	app.HTTP("GET /notes/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, err := all.Get(r.Context(), r.PathValue("name"))
		_, _ = fmt.Fprint(w, err)
	})
	app.HTTP("DELETE /notes/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, all.Delete(r.Context(), r.PathValue("name")))
	})
	app.Every("forget", time.Hour, func(ctx context.Context) error { return all.Delete(ctx, "tea") })
}

const refused = "table notes: its options Use, Only and Allow do not let this function do that"

func TestFunctionsMayDoWithTablesOnlyWhatTheDeclarationSays(t *testing.T) {
	t.Parallel()
	app := confabtest.New(t, modest)
	client := app.Connect("/", nil)
	if err := client.EmitWithAck("keep", nil, note{Name: "tea"}); err != nil {
		t.Error(err)
	}
	var found string
	if err := client.EmitWithAck("find", &found, "tea"); err != nil || !strings.HasPrefix(found, refused) {
		t.Errorf("an event reads: %s, %v", found, err)
	}
	if w := app.Request(http.MethodGet, "/notes/tea", nil); w.Body.String() != "<nil>" {
		t.Errorf("a route cannot read: %s", w.Body)
	}
	if w := app.Request(http.MethodDelete, "/notes/tea", nil); !strings.HasPrefix(w.Body.String(), refused) {
		t.Errorf("a route deletes: %s", w.Body)
	}
	if err := app.Run("forget"); err == nil || !strings.HasPrefix(err.Error(), refused) {
		t.Errorf("a schedule deletes: %v", err)
	}
}

func TestTheWholeApplicationMayDoOnlyThatToo(t *testing.T) {
	t.Parallel()
	url := confabtest.Start(t, modest)
	s, err := socket.Dial(t.Context(), socket.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Call(t.Context(), "keep", note{Name: "tea"}, nil); err != nil {
		t.Error(err)
	}
	var found string
	if err := s.Call(t.Context(), "find", "tea", &found); err != nil || !strings.HasPrefix(found, refused) {
		t.Errorf("an event reads: %s, %v", found, err)
	}
	response, err := http.Get(url + "/notes/tea")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "<nil>" {
		t.Errorf("a route cannot read: %s, %v", body, err)
	}
}
