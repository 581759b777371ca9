package cloud

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/confab-chat/confab/scripts/local/dashboard"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/page"
)

// front serves clients: WebSockets, the HTTP API, the meter, and the web page.
func (c *Cloud) front() http.Handler {
	local, polling := c.local(), c.refusePolling()
	files := c.options.Page
	if files == nil {
		files = compress(ServePage(c.options.Web, c.contentSecurityPolicy()))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case gateway.IsUpgrade(r) && isDeployed(path, c.stage):
			c.gateway.ServeWebSocket(w, r)
		case gateway.IsUpgrade(r) && c.options.Page != nil: // such as Vite's own
			c.options.Page.ServeHTTP(w, r)
		case gateway.IsUpgrade(r):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			writeJSON(w, map[string]string{"message": "Forbidden"})
		case r.URL.Query().Has("EIO"): // Engine.IO over HTTP
			polling(w, r)
		case strings.HasPrefix(path, "/_local/"):
			local.ServeHTTP(w, r)
		// Not by a ServeMux, which would redirect a path with ".." in it to the page.
		case strings.HasPrefix(path, "/api/"), c.gateway.HasRoute(path):
			c.gateway.ServeHTTPAPI(w, r)
		default:
			files.ServeHTTP(w, r)
		}
	})
}

// isDeployed reports whether a WebSocket may be opened on a path: that of CloudFront and of a
// name of one's own, or the stage's, as under API Gateway's name.
func isDeployed(path, stage string) bool {
	path = strings.TrimSuffix(path, "/")
	return path == "/socket.io" || path == "/"+stage
}

// local serves what only the local cloud has.
func (c *Cloud) local() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range c.options.Local {
		mux.HandleFunc(pattern, handler)
	}
	mux.HandleFunc("GET /_local/meter", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.meter.Report()) })
	mux.HandleFunc("POST /_local/meter/reset", func(w http.ResponseWriter, _ *http.Request) {
		c.meter.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_local/failures", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.host.Failures()) })
	mux.HandleFunc("GET /_local/unused", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.Unused()) })
	mux.HandleFunc("POST /_local/schedules/{name}", func(w http.ResponseWriter, r *http.Request) {
		if err := c.runSchedule(r.PathValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("GET /_local/resources", func(w http.ResponseWriter, r *http.Request) {
		found, err := c.Resources(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, found)
	})
	mux.Handle("/_local/", dashboard.New(c.view, &c.view.stream))
	return dashboard.OnThisMachine(mux)
}

// refusePolling answers clients that poll, as they do without an option. They try again for
// ever, so only one request a minute is logged.
func (c *Cloud) refusePolling() http.HandlerFunc {
	const message = `Confab speaks WebSocket only. Set transports: ["websocket"] in the options of the client.`
	logged := rate.Sometimes{Interval: time.Minute}
	return func(w http.ResponseWriter, r *http.Request) {
		logged.Do(func() {
			c.options.Log.Warn("a client uses long polling: "+message, "transport", r.URL.Query().Get("transport"), "origin", r.Header.Get("Origin"))
		})
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*") // or the developer would read of CORS only
		h.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]string{"code": "unknown_transport", "message": message})
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v)
}

// contentSecurityPolicy returns that of the chat's page, or "" for an application's own.
func (c *Cloud) contentSecurityPolicy() string {
	if c.options.OwnPage {
		return ""
	}
	if issuer := issuerOrigin(c.options.Environment); issuer != "" {
		return page.ContentSecurityPolicy(c.filesURL, issuer)
	}
	return page.ContentSecurityPolicy(c.filesURL)
}

// ServePage serves the folder of a web page, with the headers that CloudFront adds on AWS. A
// path without an extension is a view of the page.
func ServePage(dir, policy string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		if !exists(filepath.Join(dir, "index.html")) || dir == "" {
			http.Error(w, "The web page is not built: run `make web`. The API works without it.", http.StatusNotFound)
			return
		}
		if path.Ext(r.URL.Path) == "" {
			r.URL.Path = "/"
		}
		h := w.Header()
		if policy != "" {
			h.Set("Content-Security-Policy", policy)
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		if strings.HasPrefix(r.URL.Path, "/assets/") && exists(filepath.Join(dir, filepath.FromSlash(r.URL.Path))) {
			h.Set("Cache-Control", "public, max-age=31536000, immutable") // their names contain a hash
		}
		files.ServeHTTP(w, r)
	})
}

// issuerOrigin returns the origin where the page gets tokens, or "" without an issuer.
func issuerOrigin(environment map[string]string) string {
	u, err := url.Parse(environment[names.EnvOIDCIssuer])
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
