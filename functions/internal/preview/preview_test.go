package preview

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/linkpreview"
)

func TestTheFunctionAnswersWithWhatThePageSays(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/" {
			_, _ = io.WriteString(w, "<title>T</title>")
		}
	}))
	t.Cleanup(site.Close)
	var log bytes.Buffer
	answer := func(o linkpreview.Options, url string) string {
		t.Helper()
		got, err := New(o, slog.New(slog.NewTextHandler(&log, nil))).Invoke(t.Context(), []byte(`{"url":"`+url+`"}`))
		if err != nil {
			t.Error(err)
		}
		return string(got)
	}
	local := linkpreview.Options{Ports: []string{"*"}, Permit: func(to netip.AddrPort) bool { return to.Addr().IsLoopback() }}
	host := strings.TrimPrefix(site.URL, "http://")
	if got := answer(local, site.URL); got != `{"page":{"host":"`+host+`","title":"T"}}` {
		t.Error(got)
	}
	for _, got := range []string{answer(local, site.URL+"/none"), answer(linkpreview.Options{}, site.URL), answer(linkpreview.Options{}, "")} {
		if got != "{}" {
			t.Error(got)
		}
	}
	if strings.Contains(log.String(), host) || strings.Count(log.String(), "no preview") != 3 {
		t.Errorf("logged %s", log.String())
	}
}
