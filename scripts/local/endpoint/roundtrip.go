package endpoint

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
)

// RoundTrip implements http.RoundTripper: it serves a call from this process, as ServeHTTP serves
// one from the network. An answer is complete.
func (e *Endpoint) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		switch cut := recover(); cut {
		case nil:
		case http.ErrAbortHandler:
			response, err = nil, fmt.Errorf("the connection was cut: %w", io.ErrUnexpectedEOF)
		default:
			panic(cut)
		}
	}()
	call := r.Clone(r.Context()) // a handler may change its request
	if call.Body == nil {
		call.Body = http.NoBody
	}
	defer call.Body.Close()
	given := &answer{header: http.Header{}}
	e.ServeHTTP(given, call)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return given.response(r), nil
}

// response returns the answer as a client sees it.
func (a *answer) response(r *http.Request) *http.Response {
	status := cmp.Or(a.status, http.StatusOK)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body.Bytes())), ContentLength: int64(a.body.Len()),
	}
}
