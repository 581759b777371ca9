package apigw

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// runtimeAPI is a client of the Lambda Runtime API, for one request at a time on one
// connection. It is not an http.Client, because starting that one's goroutines takes most
// of the time of a registration at a cold start.
type runtimeAPI struct {
	// address is host:port.
	address string
	conn    net.Conn
	answers *bufio.Reader
}

// send sends a request.
func (a *runtimeAPI) send(r *http.Request) error {
	if a.conn == nil {
		conn, err := new(net.Dialer).DialContext(r.Context(), "tcp", a.address)
		if err != nil {
			return err
		}
		a.conn, a.answers = conn, bufio.NewReader(conn)
	}
	if err := r.Write(a.conn); err != nil {
		a.close()
		return err
	}
	return nil
}

// receive waits for the answer to a request that send has sent, until its context ends.
func (a *runtimeAPI) receive(r *http.Request) (http.Header, error) {
	conn := a.conn
	defer context.AfterFunc(r.Context(), func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	response, err := http.ReadResponse(a.answers, r)
	if err != nil {
		a.close()
		return nil, cmp.Or(r.Context().Err(), err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.Close {
		a.close()
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", r.URL.Path, response.Status)
	}
	return response.Header, nil
}

// do sends a request and waits for its answer. If Lambda has closed the connection since
// the last request, it opens another.
func (a *runtimeAPI) do(r *http.Request) (http.Header, error) {
	used := a.conn != nil
	err := a.send(r)
	if err == nil {
		var answer http.Header
		if answer, err = a.receive(r); err == nil {
			return answer, nil
		}
	}
	if used && a.conn == nil && r.Context().Err() == nil {
		return a.do(r)
	}
	return nil, err
}

func (a *runtimeAPI) close() {
	_ = a.conn.Close()
	a.conn = nil
}

// newRequest returns a request of the Extensions API with one header.
func (a *runtimeAPI) newRequest(ctx context.Context, method, path, body, header, value string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+a.address+"/2020-01-01/extension/"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set(header, value)
	return r, nil
}
