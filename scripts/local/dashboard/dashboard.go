// Package dashboard is the page at /_local/ of the local cloud: what is connected, what happens, what is stored,
// what it costs, and what goes wrong. It is for whoever writes an application, on the same machine alone.
package dashboard

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
)

// Cloud is what the dashboard shows.
type Cloud interface {
	// Sockets returns those that are connected, of all namespaces that are known.
	Sockets(ctx context.Context) ([]Socket, error)
	// Tables returns the tables.
	Tables() []Table
	// Items returns some items of a table.
	Items(ctx context.Context, table string) ([]map[string]any, error)
	// Emit emits an event as the server.
	Emit(ctx context.Context, e Emission) error
	// Faults returns how the calls of functions fail, and SetFaults changes it.
	Faults() Faults
	SetFaults(f Faults)
}

// Socket is a client in a namespace.
type Socket struct {
	ID         string          `json:"id"`
	Namespace  string          `json:"namespace"`
	Rooms      []string        `json:"rooms"`
	Data       json.RawMessage `json:"data,omitempty"`
	Connection string          `json:"connection"`
}

// Table is a table, with the attributes of its key.
type Table struct {
	Name string   `json:"name"`
	Keys []string `json:"keys"`
}

// Emission is an event that the server emits: to everybody in a namespace, or to rooms.
type Emission struct {
	Namespace string            `json:"namespace"`
	Rooms     []string          `json:"rooms"`
	Event     string            `json:"event"`
	Args      []json.RawMessage `json:"args"`
}

// Faults are how many of a hundred calls of functions fail, by their service: they are refused, or they are
// carried out and their answer is lost, each as often.
type Faults struct {
	DynamoDB    int `json:"dynamodb"`
	Connections int `json:"connections"`
}

//go:embed page
var files embed.FS

// New returns the handler of everything below /_local/ that the dashboard needs.
func New(c Cloud, s *Stream) http.Handler {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /_local/{$}", http.StripPrefix("/_local", http.FileServerFS(page)))
	mux.Handle("GET /_local/dashboard.js", http.StripPrefix("/_local", http.FileServerFS(page)))
	mux.Handle("GET /_local/dashboard.css", http.StripPrefix("/_local", http.FileServerFS(page)))
	mux.Handle("GET /_local/events", s)
	mux.HandleFunc("GET /_local/sockets", func(w http.ResponseWriter, r *http.Request) {
		sockets, err := c.Sockets(r.Context())
		answer(w, sockets, err)
	})
	mux.HandleFunc("GET /_local/tables", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Tables(), nil) })
	mux.HandleFunc("GET /_local/tables/{name}", func(w http.ResponseWriter, r *http.Request) {
		items, err := c.Items(r.Context(), r.PathValue("name"))
		answer(w, items, err)
	})
	mux.HandleFunc("POST /_local/emit", func(w http.ResponseWriter, r *http.Request) {
		var e Emission
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil || e.Event == "" {
			http.Error(w, `a body such as {"namespace":"/","rooms":[],"event":"hello","args":[]} is needed`, http.StatusBadRequest)
			return
		}
		answer(w, struct{}{}, c.Emit(r.Context(), e))
	})
	mux.HandleFunc("GET /_local/faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Faults(), nil) })
	mux.HandleFunc("PUT /_local/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Faults
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil || min(f.DynamoDB, f.Connections) < 0 || max(f.DynamoDB, f.Connections) > 100 {
			http.Error(w, `a body such as {"dynamodb":10,"connections":0} is needed, in percent`, http.StatusBadRequest)
			return
		}
		c.SetFaults(f)
		answer(w, f, nil)
	})
	return mux
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// OnThisMachine refuses whoever is on another machine, and pages of other origins, also those whose name leads
// to this machine.
func OnThisMachine(h http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		name := r.Host
		if only, _, err := net.SplitHostPort(r.Host); err == nil {
			name = only
		}
		if err != nil || !isLoopback(host) || name != "localhost" && !isLoopback(name) {
			http.Error(w, "This is for the machine on which the local cloud runs, at http://localhost.", http.StatusForbidden)
			return
		}
		protected.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
