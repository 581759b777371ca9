package sdkhttp

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// closed is a body as the SDK leaves it when the answer has begun.
type closed struct{ io.ReadCloser }

func (closed) WriteTo(io.Writer) (int64, error) { return 0, errors.New("closed") }

func TestABodyThatTheSDKClosesEarlyDoesNotBreakTheCallOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, closed{io.NopCloser(strings.NewReader("hello"))})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 5
	answer, err := New(Options{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "hello" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestANewConnectionResumesTheSessionOfAnEarlierOne(t *testing.T) {
	var resumed []bool
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { resumed = append(resumed, r.TLS.DidResume) }))
	defer server.Close()
	transport := NewTransport(Options{})
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for range 2 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		transport.CloseIdleConnections()
	}
	if len(resumed) != 2 || resumed[0] || !resumed[1] {
		t.Errorf("resumed: %v", resumed)
	}
}
