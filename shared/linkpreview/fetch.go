package linkpreview

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Errors of Fetch. None of them has an address in it, so they may be logged.
var (
	// ErrRefused: the address may not be fetched, or leads where it may not.
	ErrRefused = errors.New("linkpreview: this address is not fetched")
	// ErrNothing: there is nothing to show. The page is no HTML, has no title, or does not answer
	// with 200.
	ErrNothing = errors.New("linkpreview: there is nothing to show")
	// ErrUnreachable: the server could not be reached in time, or broke its answer off.
	ErrUnreachable = errors.New("linkpreview: the server does not answer")
)

// Bounds of one Fetch.
const (
	// MaxURL is the length of an address in bytes.
	MaxURL = 2048
	// maxRedirects is how many redirects are followed.
	maxRedirects = 3
	// maxPage is how much of a page is read, after it was decompressed. Its head is in the beginning.
	maxPage = 256 << 10
	// maxWire is how much one connection may bring, with TLS and headers.
	maxWire = 1 << 20
	// maxHeader bounds the headers of an answer, in bytes.
	maxHeader = 32 << 10
	// defaultTimeout bounds everything: names, connections, redirects and the page.
	defaultTimeout = 4 * time.Second
)

// Options configure a Fetcher. The zero value works.
type Options struct {
	// Permit reports whether a connection to an address may be made: [Public]. Only tests have
	// another one, to reach their own servers.
	Permit func(netip.AddrPort) bool
	// Ports are the ports that an address may name: 80 and 443. "*" stands for all, for tests.
	Ports []string
	// Timeout bounds a fetch: 4 s.
	Timeout time.Duration
	// Resolver resolves names: the Go resolver.
	Resolver *net.Resolver
}

// Fetcher fetches previews. It is safe for concurrent use.
type Fetcher struct {
	options Options
	client  *http.Client
}

// New returns a Fetcher.
func New(o Options) *Fetcher {
	if o.Permit == nil {
		o.Permit = Public
	}
	if o.Ports == nil {
		o.Ports = []string{"80", "443"}
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	f := &Fetcher{options: o}
	f.client = &http.Client{Transport: f.transport(), CheckRedirect: f.redirect}
	return f
}

// transport returns one that shares nothing between two fetches, and asks no proxy: a proxy would
// connect to addresses that nobody has looked at.
func (f *Fetcher) transport() *http.Transport {
	dialer := &net.Dialer{Resolver: f.options.Resolver, ControlContext: f.permit}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: nil,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &boundedConn{Conn: c, left: maxWire}, nil
		},
		Protocols:              protocols,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// permit is called for each address that a name was resolved to, just before the connection is
// made. So it does not matter what the name was resolved to a moment ago.
func (f *Fetcher) permit(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || !f.options.Permit(to) {
		return ErrRefused
	}
	return nil
}

// redirect decides whether a redirect is followed.
func (f *Fetcher) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrNothing
	}
	r.Header.Del("Referer") // no server learns what another one was asked
	return f.check(r.URL)
}

// check refuses addresses that are not those of a page for everybody.
func (f *Fetcher) check(u *url.URL) error {
	allowed := u.Port() == ""
	for _, port := range f.options.Ports {
		allowed = allowed || port == u.Port() || port == "*"
	}
	web := u.Scheme == "http" || u.Scheme == "https"
	if !web || u.Hostname() == "" || u.User != nil || u.Opaque != "" || !allowed || len(u.String()) > MaxURL {
		return ErrRefused
	}
	return nil
}

// Fetch fetches the page at an address. The error is one of this package.
func (f *Fetcher) Fetch(ctx context.Context, address string) (Page, error) {
	ctx, cancel := context.WithTimeout(ctx, f.options.Timeout)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		return Page{}, ErrRefused
	}
	if err := f.check(u); err != nil {
		return Page{}, err
	}
	u.Fragment, u.RawFragment = "", ""
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Page{}, ErrRefused
	}
	r.Header = http.Header{
		"Accept":     {"text/html"},
		"User-Agent": {"Mozilla/5.0 (compatible; Confab link preview)"},
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return Page{}, classify(err)
	}
	defer answer.Body.Close()
	kind := answer.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(kind); answer.StatusCode != http.StatusOK || err != nil || media != "text/html" {
		return Page{}, ErrNothing
	}
	p, err := read(io.LimitReader(answer.Body, maxPage), kind)
	if err != nil && ctx.Err() != nil {
		return Page{}, ErrUnreachable
	}
	if err != nil {
		return Page{}, err
	}
	p.Host = strings.ToLower(answer.Request.URL.Host)
	return p, nil
}

// classify returns the error of this package for one of the client, which has addresses in it.
func classify(err error) error {
	for _, known := range []error{ErrRefused, ErrNothing} {
		if errors.Is(err, known) {
			return known
		}
	}
	return ErrUnreachable
}

// errTooMuch ends a connection that brings too much.
var errTooMuch = errors.New("linkpreview: the server sends too much")

// boundedConn is a connection that brings a number of bytes at most. It is read by one goroutine
// at a time.
type boundedConn struct {
	net.Conn
	left int
}

// Read implements net.Conn.
func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
