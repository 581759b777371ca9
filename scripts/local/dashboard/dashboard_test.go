package dashboard

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnlyThisMachineAndItsOwnPagesAreAnswered(t *testing.T) {
	h := OnThisMachine(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		name, method, from, host, origin string
		want                             int
	}{
		{"this machine", "GET", "127.0.0.1:5", "localhost:3000", "", http.StatusOK},
		{"its address", "GET", "[::1]:5", "[::1]:3000", "", http.StatusOK},
		{"a program that posts", "POST", "127.0.0.1:5", "127.0.0.1:3000", "", http.StatusOK},
		{"its own page", "POST", "127.0.0.1:5", "localhost:3000", "http://localhost:3000", http.StatusOK},
		{"another machine", "GET", "192.0.2.1:5", "localhost:3000", "", http.StatusForbidden},
		{"a name that leads here", "GET", "127.0.0.1:5", "evil.example:3000", "", http.StatusForbidden},
		{"another page", "POST", "127.0.0.1:5", "localhost:3000", "http://evil.example", http.StatusForbidden},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/_local/", nil)
		r.RemoteAddr, r.Host = c.from, c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
}

func TestWhoeverLooksHearsOfFramesAndTheLog(t *testing.T) {
	var s Stream
	s.Add(Entry{Kind: "line", Text: "before anybody looks"})
	server := httptest.NewServer(&s)
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	s.Add(Entry{Kind: "frame", From: "client", Text: `42["hello"]`})
	slog.New(LogHandler(slog.NewTextHandler(io.Discard, nil), &s)).With("function", "message").Error("failed", "room", "tea")
	lines := bufio.NewScanner(response.Body)
	var heard []string
	for len(heard) < 2 && lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			heard = append(heard, text)
		}
	}
	if len(heard) != 2 || !strings.Contains(heard[0], `42[\"hello\"]`) || !strings.Contains(heard[1], "failed function=message room=tea") {
		t.Errorf("heard %q", heard)
	}
}
