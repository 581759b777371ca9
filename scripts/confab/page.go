package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/confab-chat/confab/scripts/local/cloud"
)

// devScript is what pages load in addition: it shows the errors of builds, and reloads pages that Vite does
// not serve.
//
//go:embed page.js
var devScript []byte

const devScriptTag = `<script type="module" src="/_local/page.js"></script>`

// page is the application's page while it is written: files, or Vite. It is replaced when the application
// declares another folder.
type page struct {
	w   *workspace
	out io.Writer

	mu      sync.Mutex
	folder  string
	handler http.Handler
	stop    func()
}

// ServeHTTP implements http.Handler.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	handler := p.handler
	p.mu.Unlock()
	if handler == nil {
		http.Error(w, "The application has no page. Its API works without one; app.Page(\"web\") declares one.", http.StatusNotFound)
		return
	}
	handler.ServeHTTP(w, r)
}

// has reports whether a file is one of the page that is served.
func (p *page) has(path string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.folder != "" && strings.HasPrefix(path, p.w.path(p.folder)+string(filepath.Separator))
}

// isBuilt reports whether Vite serves the page, and not its files as they are.
func (p *page) isBuilt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stop != nil
}

// show serves the page in a folder of the application from now on; "" is none.
func (p *page) show(ctx context.Context, folder string) error {
	p.mu.Lock()
	same, stop := folder == p.folder, p.stop
	p.mu.Unlock()
	if same {
		return nil
	}
	var handler http.Handler
	var next func()
	var err error
	switch dir := p.w.path(folder); {
	case folder == "":
	case exists(filepath.Join(dir, "package.json")):
		handler, next, err = startVite(ctx, dir, p.out)
	default:
		handler = inject(cloud.ServePage(dir, ""))
	}
	if err != nil {
		return fmt.Errorf("the page in %s: %w", folder, err)
	}
	if stop != nil {
		stop()
	}
	p.mu.Lock()
	p.folder, p.handler, p.stop = folder, handler, next
	p.mu.Unlock()
	return nil
}

// close ends what serves the page.
func (p *page) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		p.stop()
	}
}

// inject adds the script to pages.
func inject(files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Modified-Since") // the script is not in the file
		r.Header.Del("Range")
		b := &buffered{ResponseWriter: w, status: http.StatusOK}
		files.ServeHTTP(b, r)
		body := b.body.Bytes()
		if isHTML(w.Header()) {
			body = withScript(body)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(b.status)
		_, _ = w.Write(body)
	})
}

// buffered keeps a response back.
type buffered struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (b *buffered) WriteHeader(status int)         { b.status = status }
func (b *buffered) Write(part []byte) (int, error) { return b.body.Write(part) }

func isHTML(h http.Header) bool { return strings.HasPrefix(h.Get("Content-Type"), "text/html") }

// withScript adds the script to a page.
func withScript(html []byte) []byte {
	if before, after, found := bytes.Cut(html, []byte("</body>")); found {
		return bytes.Join([][]byte{before, []byte(devScriptTag), []byte("</body>"), after}, nil)
	}
	return append(html, devScriptTag...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
