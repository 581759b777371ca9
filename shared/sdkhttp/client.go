// Package sdkhttp makes what carries calls to AWS services: a client for the SDK, and a
// transport for calls without it.
package sdkhttp

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Options configure a client. A zero value means the SDK's default.
type Options struct {
	// DialTimeout bounds the making of a connection, and ResponseTimeout the wait for an
	// answer to one attempt of a call.
	DialTimeout, ResponseTimeout time.Duration
	// MaxIdle is how many idle connections are kept for each service. With a few, as is
	// the default, calls that run in parallel open new ones again and again.
	MaxIdle int
	// Through carries calls instead of the network, where a service is in this process, or
	// several clients share their connections.
	Through http.RoundTripper
}

// New returns a client for the SDK.
func New(o Options) aws.HTTPClient {
	if o.Through != nil {
		return bounded{o.Through, o.ResponseTimeout}
	}
	return client{build(o)}
}

// NewTransport returns a transport with the same bounds.
func NewTransport(o Options) http.RoundTripper {
	if o.Through != nil {
		return bounded{o.Through, o.ResponseTimeout}
	}
	return build(o).GetTransport()
}

func build(o Options) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) {
			if o.DialTimeout > 0 {
				d.Timeout = o.DialTimeout
			}
		}).
		WithTransportOptions(func(t *http.Transport) {
			if o.MaxIdle > 0 {
				t.MaxIdleConnsPerHost = o.MaxIdle
			}
			t.ResponseHeaderTimeout = o.ResponseTimeout
			// A function that wakes opens many connections at once. Resuming a session
			// saves most of a handshake's processor time.
			t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
		})
}

// client hides WriteTo of the SDK's request bodies (smithy-go 1.28, safeWriteToReadCloser).
// The SDK closes a body as soon as the answer begins, perhaps before the transport has seen
// the body's end. WriteTo then fails, the transport cuts the connection in the middle of the
// answer, and the SDK repeats a call that has succeeded.
type client struct{ *awshttp.BuildableClient }

// Do implements aws.HTTPClient.
func (c client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.BuildableClient.Do(r)
}
