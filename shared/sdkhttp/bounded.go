package sdkhttp

import (
	"context"
	"io"
	"net/http"
	"time"
)

// bounded bounds how long the calls that another carries wait for their answers. Zero is no bound.
type bounded struct {
	through http.RoundTripper
	timeout time.Duration
}

// Do implements aws.HTTPClient.
func (b bounded) Do(r *http.Request) (*http.Response, error) { return b.RoundTrip(r) }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.timeout <= 0 {
		return b.through.RoundTrip(r)
	}
	ctx, cancel := context.WithCancel(r.Context())
	timer := time.AfterFunc(b.timeout, cancel)
	answer, err := b.through.RoundTrip(r.WithContext(ctx))
	late := !timer.Stop() && r.Context().Err() == nil
	switch {
	case err == nil && !late:
		answer.Body = body{answer.Body, cancel}
		return answer, nil
	case err == nil:
		_ = answer.Body.Close()
	}
	cancel()
	if late {
		err = timeoutError{}
	}
	return nil, err
}

// body is an answer's, which is read after the answer has begun. Its call ends when it is closed.
type body struct {
	io.ReadCloser
	end func()
}

// Close implements io.Closer.
func (b body) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

// timeoutError is a net.Error, as that of http.Transport.
type timeoutError struct{}

// Error implements error.
func (timeoutError) Error() string { return "timeout awaiting the answer" }

// Timeout implements net.Error.
func (timeoutError) Timeout() bool { return true }

// Temporary implements net.Error.
func (timeoutError) Temporary() bool { return true }
