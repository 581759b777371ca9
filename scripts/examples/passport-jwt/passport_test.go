package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

const secret = "a secret of 32 bytes and of more"

func start(t *testing.T) *confabtest.Server {
	return confabtest.New(t, PassportJWT, confabtest.Variables{"JWT_SECRET": secret})
}

// login returns the token of john.
func login(t *testing.T, app *confabtest.Server) string {
	t.Helper()
	var answer struct {
		Token string `json:"token"`
	}
	w := app.Request(http.MethodPost, "/login", strings.NewReader(`{"username":"john","password":"changeit"}`))
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return answer.Token
}

// connect opens a connection with a header, and a socket with a token.
func connect(t *testing.T, app *confabtest.Server, header, token string) (*realtimetest.Client, error) {
	t.Helper()
	connection, err := app.Open(func(u *realtime.Upgrade) { u.Headers["Authorization"] = header })
	if err != nil {
		t.Fatal(err)
	}
	return connection.Connect("/", map[string]string{"token": token})
}

func TestWhoHasATokenIsKnownBySocketsAndRoutes(t *testing.T) {
	app := start(t)
	token := login(t, app)
	for _, given := range [][2]string{{"", token}, {"bearer " + token, ""}} {
		client, err := connect(t, app, given[0], given[1])
		if err != nil {
			t.Fatal(err)
		}
		var name string
		if err := client.EmitWithAck("whoami", &name); err != nil || name != "john" {
			t.Errorf("%q, %v", name, err)
		}
		if err := app.Instance().To("user:1").Emit(t.Context(), "hello"); err != nil {
			t.Fatal(err)
		}
		client.Expect("hello")
	}
	r := httptest.NewRequest(http.MethodGet, "/self", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if w := app.Serve(r); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"id":1,"username":"john"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestASocketEndsWithItsToken(t *testing.T) {
	app := start(t)
	token := login(t, app)
	client, err := connect(t, app, "", token)
	if err != nil {
		t.Fatal(err)
	}
	app.Clock.Advance(lifetime + time.Second)
	if _, err := connect(t, app, "", token); realtimetest.Code(err) != "unauthorized" {
		t.Errorf("it connects again: %v", err)
	}
	if err := client.EmitWithAck("whoami", nil); err == nil || client.Connected() {
		t.Errorf("it is connected: %v, %v", client.Connected(), err)
	}
}

func TestNobodyElseGetsIn(t *testing.T) {
	app := start(t)
	for _, body := range []string{`{"username":"john","password":"guessed"}`, `{"username":"jane","password":"changeit"}`, `{`} {
		if w := app.Request(http.MethodPost, "/login", strings.NewReader(body)); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	now := func() time.Time { return app.Clock.Now().Add(-lifetime - time.Second) }
	for what, by := range map[string]tokens{"expired": {secret, now}, "of another secret": {strings.ToUpper(secret), app.Clock.Now}} {
		token, err := by.issue(User{1, "john"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := connect(t, app, "", token); realtimetest.Code(err) != "unauthorized" {
			t.Errorf("a token that is %s: %v", what, err)
		}
	}
	for _, header := range []string{"", "Basic " + login(t, app), "Bearer"} {
		if _, err := connect(t, app, header, ""); realtimetest.Code(err) != "unauthorized" {
			t.Errorf("the header %q: %v", header, err)
		}
	}
	if w := app.Request(http.MethodGet, "/self", nil); w.Code != http.StatusUnauthorized {
		t.Errorf("self: %d", w.Code)
	}
}
