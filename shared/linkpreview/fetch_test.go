package linkpreview

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const title = "<title>T</title>"

// site serves pages at an address of this machine and counts the requests.
type site struct {
	*httptest.Server
	at    netip.AddrPort
	asked atomic.Int64
}

func serve(t *testing.T, handler http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	s.at = s.Listener.Addr().(*net.TCPAddr).AddrPort()
	return s
}

// reaching returns a Fetcher that connects to these sites alone.
func reaching(o Options, sites ...*site) *Fetcher {
	o.Ports = []string{"*"}
	o.Permit = func(to netip.AddrPort) bool {
		return slices.ContainsFunc(sites, func(s *site) bool { return s.at == to })
	}
	return New(o)
}

func showPage(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, body)
}

func TestAPageIsAskedForWithoutAnythingThatTellsWhoAsks(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // it is not asked
	var header http.Header
	var path string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if header, path = r.Header, r.URL.String(); r.URL.Path == "/" {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, "/page?q=1", http.StatusFound)
			return
		}
		showPage(w, title)
	})
	got, err := reaching(Options{}, s).Fetch(t.Context(), s.URL+"/#fragment")
	if want := (Page{Host: s.at.String(), Title: "T"}); err != nil || got != want || path != "/page?q=1" {
		t.Errorf("%+v of %s, %v", got, path, err)
	}
	var names []string
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"Accept", "Accept-Encoding", "Connection", "User-Agent"}; !slices.Equal(names, want) {
		t.Errorf("headers %q", names)
	}
}

func TestAddressesThatAreNoPagesForEverybodyAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "x", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "http:example.com",
		"http://", "http:///x", "http://user@example.com/", "https://user:secret@example.com/", "http://example.com:22/", "http://example.com:8080/",
		"http://example.com:99999/", "https://example.com/\x00", "https://example.com/%zz", "http://[fe80::1%25lo]/", "https://example.com/" + strings.Repeat("x", MaxURL),
	} {
		if got, err := New(Options{}).Fetch(t.Context(), address); !errors.Is(err, ErrRefused) {
			t.Errorf("%.60q: %+v, %v", address, got, err)
		}
	}
}

func TestTheInsideIsRefusedInEveryNotation(t *testing.T) {
	t.Parallel()
	f := New(Options{Resolver: resolver(t, func(int) string { return "127.0.0.1" })})
	for _, host := range []string{
		"localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::]",
		"10.0.0.1", "inside.example", "127.0.0.1:443", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]",
	} {
		for _, scheme := range []string{"http", "https"} {
			if got, err := f.Fetch(t.Context(), scheme+"://"+host+"/latest/meta-data/"); !errors.Is(err, ErrRefused) {
				t.Errorf("%s://%s: %+v, %v", scheme, host, got, err)
			}
		}
	}
	// Numbers that some resolvers read as 127.0.0.1 are names here, and what they lead to counts.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		if got, err := f.Fetch(t.Context(), "http://"+host+"/"); err == nil {
			t.Errorf("%s: %+v", host, got)
		}
	}
}

func TestANameThatIsResolvedAnewLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/inside", http.StatusFound)
	})
	var asked []string
	f := New(Options{
		Ports: []string{"*"},
		// The first answer is for the first connection, the second one for the redirect to the same name.
		Resolver: resolver(t, func(n int) string { return []string{"127.0.0.1", "127.0.0.2"}[min(n, 1)] }),
		Permit: func(to netip.AddrPort) bool {
			asked = append(asked, to.Addr().String())
			return to == s.at
		},
	})
	_, err := f.Fetch(t.Context(), fmt.Sprintf("http://rebinding.example:%d/", s.at.Port()))
	if want := []string{"127.0.0.1", "127.0.0.2"}; !errors.Is(err, ErrRefused) || s.asked.Load() != 1 || !slices.Equal(asked, want) {
		t.Errorf("%v, looked at %v, answered %d times", err, asked, s.asked.Load())
	}
}

func TestAnAnswerOfTheResolverIsLookedAtEachTime(t *testing.T) {
	t.Parallel()
	// The first answer would pass a check before connecting; the second one, for the connection, does not.
	answers := resolver(t, func(n int) string {
		if n == 0 {
			return "93.184.216.34"
		}
		return "169.254.169.254"
	})
	if before, err := answers.LookupNetIP(t.Context(), "ip4", "rebinding.example"); err != nil || !Public(netip.AddrPortFrom(before[0], 80)) {
		t.Fatal(before, err)
	}
	if got, err := New(Options{Resolver: answers}).Fetch(t.Context(), "http://rebinding.example/latest/meta-data/"); !errors.Is(err, ErrRefused) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestThreeRedirectsAreFollowedUnderTheSameRules(t *testing.T) {
	t.Parallel()
	inside := serve(t, func(w http.ResponseWriter, _ *http.Request) { showPage(w, "<title>secret</title>") })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &left); err != nil {
			w.Header().Set("Location", r.URL.Query().Get("to"))
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		if left == 0 {
			showPage(w, title)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", left-1), http.StatusMovedPermanently)
	})
	f := reaching(Options{}, s)
	if got, err := f.Fetch(t.Context(), s.URL+"/3"); err != nil || got.Title != "T" {
		t.Errorf("three: %+v, %v", got, err)
	}
	if got, err := f.Fetch(t.Context(), s.URL+"/4"); !errors.Is(err, ErrNothing) {
		t.Errorf("four: %+v, %v", got, err)
	}
	for _, to := range []string{
		inside.URL, "http://169.254.169.254/", "http://[::1]/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://user:secret@" + s.at.String() + "/0", "//" + inside.at.String(),
	} {
		if got, err := f.Fetch(t.Context(), s.URL+"/to?to="+url.QueryEscape(to)); !errors.Is(err, ErrRefused) {
			t.Errorf("to %s: %+v, %v", to, got, err)
		}
	}
	if inside.asked.Load() != 0 {
		t.Error("a redirect led inside")
	}
}

func TestOnlyPagesAreRead(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if kind := q.Get("kind"); kind != "" {
			w.Header()["Content-Type"] = []string{kind}
		} else {
			w.Header()["Content-Type"] = nil
		}
		status := http.StatusOK
		_, _ = fmt.Sscan(q.Get("status"), &status)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, title)
	})
	f := reaching(Options{}, s)
	for _, query := range []string{
		"", "kind=text/plain", "kind=image/png", "kind=application/json", "kind=application/xhtml%2Bxml", "kind=text/html%3Bcharset", "kind=text/html&status=404",
		"kind=text/html&status=500", "kind=text/html&status=206", "kind=text/html&status=304",
	} {
		if got, err := f.Fetch(t.Context(), s.URL+"/?"+query); !errors.Is(err, ErrNothing) {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
	}
}

func TestNoMoreIsReadThanAPagesBeginning(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	endless := func(w http.ResponseWriter, beginning string) {
		showPage(w, beginning)
		chunk := bytes.Repeat([]byte("<p>x"), 8<<10)
		for sent.Store(0); sent.Load() < 64<<20; sent.Add(int64(len(chunk))) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/big":
			endless(w, title)
		case "/late":
			showPage(w, strings.Repeat(" ", maxPage)+title)
		case "/bomb", "/untitled-bomb":
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "text/html")
			z := gzip.NewWriter(w)
			if r.URL.Path == "/bomb" {
				_, _ = io.WriteString(z, title)
			}
			zeros := make([]byte, 1<<20)
			for range 64 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			_ = z.Close()
		case "/header":
			for i := range 100 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
			showPage(w, title)
		}
	})
	f := reaching(Options{}, s)
	for path, want := range map[string]error{"/big": nil, "/bomb": nil, "/late": ErrNothing, "/untitled-bomb": ErrNothing, "/header": ErrUnreachable} {
		if got, err := f.Fetch(t.Context(), s.URL+path); !errors.Is(err, want) || (want == nil) != (got.Title == "T") {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if n := sent.Load(); n >= 32<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

func TestAConnectionBringsNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	go func() {
		_, _ = server.Write(make([]byte, 100))
		_ = server.Close()
	}()
	got, err := io.ReadAll(&boundedConn{Conn: client, left: 60})
	if len(got) != 60 || !errors.Is(err, errTooMuch) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	_ = client.Close()
}

func TestEverythingEndsInTime(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			showPage(w, "<meta name=a")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	stuck := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	for what, c := range map[string]struct {
		address  string
		resolver *net.Resolver
	}{
		"an answer that does not begin": {s.URL, nil},
		"an answer that does not end":   {s.URL + "/body", nil},
		"TLS that does not begin":       {"https://" + silent.Addr().String(), nil},
		"a name that is not resolved":   {"http://slow.example/", stuck},
	} {
		f := New(Options{Timeout: 50 * time.Millisecond, Ports: []string{"*"}, Resolver: c.resolver, Permit: func(netip.AddrPort) bool { return true }})
		if got, err := f.Fetch(t.Context(), c.address); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestErrorsNameNoAddress(t *testing.T) {
	t.Parallel()
	f := New(Options{Resolver: resolver(t, func(int) string { return "10.1.2.3" })})
	for _, address := range []string{"http://secret.example/path", "http://secret.example:1/", "secret.example"} {
		if _, err := f.Fetch(t.Context(), address); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "10.1") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// resolver returns one that answers each question for an address of IPv4 by its number, from 0. There
// are no addresses of IPv6.
func resolver(t *testing.T, answer func(n int) string) *net.Resolver {
	t.Helper()
	var n atomic.Int64
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:size]) != nil {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(answer(int(n.Add(1) - 1))).As4()},
				}}
			}
			packed, err := m.Pack()
			if err != nil {
				continue
			}
			_, _ = server.WriteTo(packed, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}
