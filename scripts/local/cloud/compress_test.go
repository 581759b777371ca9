package cloud

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThePageIsCompressedForWhoTakesIt(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("run(); ", 1000)
	for name, content := range map[string]string{"index.html": text, "a.js": text, "a.png": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := start(t, Options{Web: dir})
	for _, want := range []struct{ path, accepted, encoding string }{
		{"/", "gzip, br", "gzip"},
		{"/a.js", "gzip", "gzip"},
		{"/a.js", "identity", ""},
		{"/a.png", "gzip", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+want.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", want.accepted)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(response.Body)
		if response.Header.Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		got, err := io.ReadAll(body)
		_ = response.Body.Close()
		if err != nil || string(got) != text || response.Header.Get("Content-Encoding") != want.encoding || response.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s for %q: %q, %d bytes, %v", want.path, want.accepted, response.Header.Get("Content-Encoding"), len(got), err)
		}
	}
}
