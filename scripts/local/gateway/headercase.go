package gateway

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/textproto"
)

// A function gets the names of $connect's headers as the client wrote them, but net/http
// keeps only their canonical form. So a connection remembers the head of its first request,
// which is the upgrade, because clients open a connection for each.

// Listener returns a listener whose connections remember the case of headers. Its server
// needs ConnContext too.
func Listener(l net.Listener) net.Listener { return headListener{l} }

// ConnContext is for the field of this name of the http.Server.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, headKey{}, c)
}

type headKey struct{}

type headListener struct{ net.Listener }

func (l headListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &headConn{Conn: c}, nil
}

// maxHead bounds the remembered head. Longer heads have canonical names.
const maxHead = 64 << 10

type headConn struct {
	net.Conn
	// head is complete before any handler runs, and not written after that.
	head     []byte
	complete bool
}

func (c *headConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.complete {
		c.head = append(c.head, b[:n]...)
		switch end := bytes.Index(c.head, []byte("\r\n\r\n")); {
		case end >= 0:
			c.head, c.complete = bytes.Clone(c.head[:end]), true
		case len(c.head) > maxHead:
			c.head, c.complete = nil, true
		}
	}
	return n, err
}

// withoutHead returns what is below a headConn: when the head has been read, nothing needs it.
func withoutHead(c net.Conn) net.Conn {
	if h, ok := c.(*headConn); ok {
		return h.Conn
	}
	return c
}

// CloseWrite closes only the direction to the client.
func (c *headConn) CloseWrite() error {
	if half, ok := c.Conn.(*net.TCPConn); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// originalNames returns the names of the headers as the client wrote them, by their
// canonical names.
func originalNames(r *http.Request) map[string]string {
	names := map[string]string{}
	c, ok := r.Context().Value(headKey{}).(*headConn)
	if !ok {
		return names
	}
	lines := bytes.Split(c.head, []byte("\r\n"))
	if string(lines[0]) != r.Method+" "+r.RequestURI+" "+r.Proto {
		return names // a later request of the connection
	}
	for _, line := range lines[1:] {
		name, _, _ := bytes.Cut(line, []byte(":"))
		names[textproto.CanonicalMIMEHeaderKey(string(name))] = string(name)
	}
	return names
}
