package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/page"
)

func TestTheWebPageAndItsAssets(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"index.html": "<!doctype html>page", "assets/a-1.js": "run()", "mark.svg": "<svg/>"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := start(t, Options{Web: dir})
	for _, want := range []struct {
		path   string
		status int
		kind   string
		cache  string
		body   string
	}{
		{"/", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>page"},
		{"/rooms/42", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>page"},
		{"/assets/a-1.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "run()"},
		{"/assets/", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>page"},
		{"/mark.svg", 200, "image/svg+xml", "no-cache", "<svg/>"},
		{"/missing.png", 404, "text/plain; charset=utf-8", "no-cache", "404 page not found\n"},
		{"/assets/missing.js", 404, "text/plain; charset=utf-8", "no-cache", "404 page not found\n"},
		{"/../cloud.go", 404, "text/plain; charset=utf-8", "no-cache", "404 page not found\n"},
	} {
		status, body, header := do(t, "GET", c.URL()+want.path, "")
		cache := header.Get("Cache-Control")
		if status == 404 {
			cache = want.cache // http.FileServer takes it away from errors, or not
		}
		if status != want.status || header.Get("Content-Type") != want.kind || cache != want.cache || body != want.body {
			t.Errorf("%s: %d %s %q %q", want.path, status, header.Get("Content-Type"), header.Get("Cache-Control"), body)
		}
		if status == 404 && strings.Contains(header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: what is missing now is cached for ever", want.path)
		}
	}
	if status, _, _ := do(t, "POST", c.URL()+"/", "x"); status != http.StatusMethodNotAllowed {
		t.Errorf("POST to the page: status %d", status)
	}
}

func TestTheContentSecurityPolicyIsTheStacksAndNoneForAnApplicationsOwnPage(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("page"), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer := map[string]string{names.EnvOIDCIssuer: "https://id.example.com/tenant", names.EnvOIDCAudience: "page"}
	for _, one := range []struct {
		want func(files string) string
		Options
	}{
		{func(files string) string { return page.ContentSecurityPolicy(files) }, Options{Web: dir}},
		{func(files string) string { return page.ContentSecurityPolicy(files, "https://id.example.com") }, Options{Web: dir, Environment: issuer}},
		{func(string) string { return "" }, Options{Web: dir, OwnPage: true}},
	} {
		c := start(t, one.Options)
		want := one.want(c.filesURL)
		if _, _, header := do(t, "GET", c.URL()+"/", ""); header.Get("Content-Security-Policy") != want {
			t.Errorf("got %q, want %q", header.Get("Content-Security-Policy"), want)
		}
	}
}

// Case 17: a path below /api/ that does not exist is 404 with JSON, and not the page.
func TestWithoutAnAPIAPathBelowItIsNotThePage(t *testing.T) {
	c := start(t, Options{WithoutChat: true, Web: "../../../web"})
	for _, path := range []string{"/api/nothing", "/api/..%2fx"} {
		if status, body, header := do(t, "GET", c.URL()+path, ""); status != 404 || body != `{"message":"Not Found"}`+"\n" ||
			header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s %s", path, status, header.Get("Content-Type"), body)
		}
	}
}

func TestWithoutAPageThereIsAHintAndTheAPI(t *testing.T) {
	c := start(t, Options{Web: filepath.Join(t.TempDir(), "dist")})
	if status, body, _ := do(t, "GET", c.URL()+"/", ""); status != 404 || !strings.Contains(body, "make web") {
		t.Errorf("%d %s", status, body)
	}
	if status, body, _ := do(t, "GET", c.URL()+"/api/health", ""); status != 200 || body != `{"ok":true}` {
		t.Errorf("health: %d %q", status, body)
	}
	if status, body, _ := do(t, "GET", c.URL()+"/_local/failures", ""); status != 200 || body != "{}\n" {
		t.Errorf("failures: %d %q", status, body)
	}
}

type answering struct{ body string }

func (a answering) Invoke(context.Context, string, []byte) ([]byte, func(), error) {
	return []byte(a.body), func() {}, nil
}

func TestRoutesOfAnApplicationAreServedWhateverTheirPath(t *testing.T) {
	routes := gateway.Routes{HTTP: []gateway.HTTPRoute{{Key: "POST /boards/{id}/clear", Function: "clear"}}}
	c := &Cloud{gateway: gateway.New(gateway.Options{Functions: answering{`"cleared"`}, Routes: routes})}
	c.view = newView(c)
	server := httptest.NewServer(c.front())
	defer server.Close()
	for _, want := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"POST", "/boards/7/clear", 200, `"cleared"`},
		{"GET", "/boards/7/clear", 404, `{"message":"Not Found"}` + "\n"},
		{"GET", "/boards/7", 404, "The web page is not built: run `make web`. The API works without it.\n"},
	} {
		if status, body, _ := do(t, want.method, server.URL+want.path, ""); status != want.status || body != want.body {
			t.Errorf("%s %s: %d %q", want.method, want.path, status, body)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestResourcesAreCounted(t *testing.T) {
	c := start(t, Options{})
	conn := dial(t, c)
	defer conn.CloseNow()
	status, body, _ := do(t, "GET", c.URL()+"/_local/resources", "")
	var found Resources
	if err := json.Unmarshal([]byte(body), &found); err != nil || status != 200 {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	if found.Goroutines == 0 || found.HeapBytes == 0 || found.Rows["realtime"]["C"].Count != 1 || found.Rows["chat"] == nil {
		t.Errorf("found %+v", found)
	}
}
