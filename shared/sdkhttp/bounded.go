package sdkhttp

import (
	"context"
	"net/http"
	"time"
)

// bounded bounds the calls that another carries. Zero is no bound.
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
	ctx, cancel := context.WithTimeout(r.Context(), b.timeout)
	defer cancel()
	answer, err := b.through.RoundTrip(r.WithContext(ctx))
	if err != nil && ctx.Err() != nil && r.Context().Err() == nil {
		return nil, timeoutError{}
	}
	return answer, err
}

// timeoutError is a net.Error, as that of http.Transport.
type timeoutError struct{}

// Error implements error.
func (timeoutError) Error() string { return "timeout awaiting the answer" }

// Timeout implements net.Error.
func (timeoutError) Timeout() bool { return true }

// Temporary implements net.Error.
func (timeoutError) Temporary() bool { return true }
