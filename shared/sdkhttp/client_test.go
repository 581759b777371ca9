package sdkhttp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
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
	transport := NewTransport(Options{}).(*http.Transport)
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

// carrier carries calls in this process.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func TestWhatIsCarriedInThisProcessIsBoundedToo(t *testing.T) {
	hangs := carrier(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost", nil)
	if err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := New(Options{Through: hangs, ResponseTimeout: time.Millisecond}).Do(r); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("without an answer: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewTransport(Options{Through: hangs, ResponseTimeout: time.Minute}).RoundTrip(r.WithContext(gone)); !errors.Is(err, context.Canceled) {
		t.Errorf("when the caller has left: %v", err)
	}
	answers := carrier(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusAccepted}, nil
	})
	for _, timeout := range []time.Duration{0, time.Minute} {
		answer, err := NewTransport(Options{Through: answers, ResponseTimeout: timeout}).RoundTrip(r)
		if err != nil || answer.StatusCode != http.StatusAccepted {
			t.Errorf("with an answer: %+v, %v", answer, err)
		}
	}
}

func TestABoundIsForTheWaitAndNotForWhatComesAfterIt(t *testing.T) {
	const size = 1 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) }))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := New(Options{ResponseTimeout: time.Minute, Through: http.DefaultTransport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || len(body) != size {
		t.Errorf("read %d bytes, %v", len(body), err)
	}
}
