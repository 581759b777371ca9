package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// handlers are functions that see payloads as they are, and may leave something for
// the time after their response. A missing one answers with status 200.
type handlers map[string]handler

type handler func(ctx context.Context, payload []byte) (result any, after func(), err error)

func (h handlers) Invoke(ctx context.Context, name string, payload []byte) ([]byte, func(), error) {
	delivered := func() {}
	if h[name] == nil {
		return []byte(`{"statusCode":200}`), delivered, nil
	}
	result, after, err := h[name](ctx, payload)
	if after != nil {
		delivered = after
	}
	b, _ := json.Marshal(result)
	return b, delivered, err
}

// keeps is a handler that keeps its payloads and answers with a body.
func keeps(payloads chan<- string, body string) handler {
	return func(_ context.Context, payload []byte) (any, func(), error) {
		payloads <- string(payload)
		return response{StatusCode: 200, Body: body}, nil, nil
	}
}

// answers is a handler that answers with a body.
func answers(body string) handler {
	return func(context.Context, []byte) (any, func(), error) {
		return response{StatusCode: 200, Body: body}, nil, nil
	}
}

// newRawStage is newStage with handlers.
func newRawStage(t *testing.T, h handlers, set ...func(*Options)) *stage {
	t.Helper()
	return newStage(t, &functions{}, append(set, func(o *Options) { o.Functions = h })...)
}

// wire is a client's end of a connection, frame by frame.
type wire struct {
	net.Conn
	t      *testing.T
	reader *bufio.Reader
}

// wire opens a WebSocket whose frames a test writes itself.
func (s *stage) wire() *wire {
	s.t.Helper()
	conn, reader, _, err := ws.Dial(s.t.Context(), strings.Replace(s.url, "http", "ws", 1))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if reader == nil {
		reader = bufio.NewReader(conn)
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &wire{Conn: conn, t: s.t, reader: reader}
}

// readFrame reads a frame of the gateway.
func readFrame(r io.Reader) (ws.Frame, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return ws.Frame{}, err
	}
	if h.Length > MaxMessage {
		return ws.Frame{}, fmt.Errorf("a frame of %d bytes", h.Length)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

func (w *wire) frame(op ws.OpCode, fin bool, payload []byte) {
	w.t.Helper()
	if err := ws.WriteFrame(w, ws.MaskFrame(ws.NewFrame(op, fin, payload))); err != nil {
		w.t.Error("write:", err)
	}
}

func (w *wire) read() ws.Frame {
	w.t.Helper()
	f, err := readFrame(w.reader)
	if err != nil {
		w.t.Fatal("read:", err)
	}
	return f
}

// text reads a text message.
func (w *wire) text() string {
	w.t.Helper()
	f := w.read()
	if f.Header.OpCode != ws.OpText || !f.Header.Fin {
		w.t.Fatalf("got %+v %q", f.Header, f.Payload)
	}
	return string(f.Payload)
}

// closing reads the close frame that must come next, and the end of the line after it.
func (w *wire) closing() ending {
	w.t.Helper()
	f := w.read()
	if f.Header.OpCode != ws.OpClose {
		w.t.Fatalf("got %+v %q, want a close frame", f.Header, f.Payload)
	}
	_ = ws.WriteFrame(w, ws.MaskFrame(ws.NewCloseFrame(f.Payload)))
	if _, err := w.reader.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		w.t.Errorf("the line goes on after the close: %v", err)
	}
	if len(f.Payload) == 0 {
		return ending{}
	}
	code, reason := ws.ParseCloseFrameData(f.Payload)
	return ending{code: int(code), reason: reason}
}

// next waits for something to happen.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("it does not happen")
		panic("unreachable")
	}
}

// idOf returns the connection id of an event.
func idOf(t *testing.T, payload []byte) string {
	t.Helper()
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		t.Error(err)
	}
	return e.RequestContext.ConnectionID
}
