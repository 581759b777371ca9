package socket

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/confab-chat/confab/scripts/local/apps"
	"github.com/confab-chat/confab/scripts/local/cloud"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for a busy machine: only a test that fails waits as long.
const patience = time.Minute

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// serve starts a server that speaks a script: it sends the lines that begin with "<", and expects
// those that begin with ">". Then it closes the connection.
func serve(t *testing.T, script ...string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := "/socket.io/?EIO=4&transport=websocket"; r.RequestURI != want {
			t.Errorf("the request is for %s", r.RequestURI)
		}
		line, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer line.CloseNow()
		for _, step := range script {
			if frame, sends := strings.CutPrefix(step, "<"); sends {
				err = line.Write(r.Context(), websocket.MessageText, []byte(frame))
			} else {
				var got []byte
				if _, got, err = line.Read(r.Context()); err == nil && ">"+string(got) != step {
					t.Errorf("got %q, want %q", got, step)
				}
			}
			if err != nil {
				t.Errorf("at %q: %v", step, err)
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return server.URL
}

const open = `<0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`

func TestItSpeaksTheProtocol(t *testing.T) {
	url := serve(t, open, `>40/n,{"token":"t"}`, "<2", ">3", "<6", `<40/n,{"sid":"y"}`,
		`<42/n,["one",1]`, `>42/n,0["ask",{"a":1}]`, `<43/n,7["for nobody"]`, `<42/n,["two"]`, `<43/n,0[{"b":2}]`)
	var heard []string
	s, err := Dial(bounded(t), Options{
		URL: url, Namespace: "/n", Auth: map[string]string{"token": "t"}, OnEvent: func(name string) { heard = append(heard, name) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ B int }
	if err := s.Call(bounded(t), "ask", map[string]int{"a": 1}, &answer); err != nil || answer.B != 2 {
		t.Errorf("%+v, %v", answer, err)
	}
	<-s.Done()
	if want := []string{"one", "two"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q", heard)
	}
	if err := s.Call(bounded(t), "ask", nil, nil); err == nil {
		t.Error("a call succeeded after the end")
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	_, err := Dial(bounded(t), Options{URL: serve(t, open, ">40", `<44{"message":"unauthorized"}`)})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Message != "unauthorized" {
		t.Error(err)
	}
}

func TestWhoeverWaitsIsToldOfTheEnd(t *testing.T) {
	if _, err := Dial(bounded(t), Options{URL: serve(t, open, ">40")}); !errors.Is(err, ErrClosed) {
		t.Errorf("before the answer to CONNECT: %v", err)
	}
	s, err := Dial(bounded(t), Options{URL: serve(t, open, ">40", `<40{"sid":"y"}`, `>420["ask",null]`)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Call(bounded(t), "ask", nil, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("before an acknowledgement: %v", err)
	}
	s, err = Dial(bounded(t), Options{URL: serve(t, open, ">40", `<40{"sid":"y"}`, "<41")})
	if err != nil {
		t.Fatal(err)
	}
	<-s.Done()
}

func TestTheContextBoundsTheConnectingAndACall(t *testing.T) {
	c, err := cloud.Start(t.Context(), cloud.Options{App: apps.Load})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	s, err := Dial(bounded(t), Options{URL: c.URL(), Namespace: "/load"})
	if err != nil {
		t.Fatal(err)
	}
	var echo string
	if err := s.Call(bounded(t), "echo", "hello", &echo); err != nil || echo != "hello" {
		t.Errorf("%q, %v", echo, err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Call(over, "echo", "hello", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Dial(over, Options{URL: c.URL()}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.Close()
}
