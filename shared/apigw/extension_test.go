package apigw

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/wait"
)

// lambdaService is Lambda's side of the Extensions API: it hands out one event at a
// time, and notes the order of what happens.
type lambdaService struct {
	*httptest.Server
	mu     sync.Mutex
	order  []string
	events chan struct{}
}

func newLambdaService(t *testing.T) *lambdaService {
	api := &lambdaService{events: make(chan struct{}, 1)}
	api.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/2020-01-01/extension/register":
			body, _ := io.ReadAll(r.Body)
			if r.Header.Get("Lambda-Extension-Name") == "" || string(body) != `{"events":["INVOKE"]}` {
				t.Errorf("registered with %v %s", r.Header, body)
			}
			w.Header().Set("Lambda-Extension-Identifier", "the-id")
		case "/2020-01-01/extension/event/next":
			if r.Header.Get("Lambda-Extension-Identifier") != "the-id" {
				t.Error("no identifier")
			}
			api.note("next")
			select {
			case <-api.events:
			case <-r.Context().Done():
			}
		default:
			t.Errorf("asked for %s", r.URL.Path)
		}
	}))
	t.Cleanup(api.Close)
	return api
}

func (a *lambdaService) note(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order = append(a.order, what)
}

type handler func(context.Context, []byte) ([]byte, error)

func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return h(ctx, payload) }

func TestWorkRunsAfterTheResponseAndBeforeTheEnvironmentMayFreeze(t *testing.T) {
	api := newLambdaService(t)
	e, err := RegisterExtension(t.Context(), strings.TrimPrefix(api.URL, "http://"))()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()

	worked := make(chan struct{}, 1)
	h := e.Wrap(handler(func(ctx context.Context, _ []byte) ([]byte, error) {
		if !AfterResponse(ctx, func(context.Context) { api.note("work"); worked <- struct{}{} }) {
			t.Error("nothing collects the work")
		}
		api.note("response")
		return nil, nil
	}))
	for range 2 {
		api.events <- struct{}{}
		if _, err := h.Invoke(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		<-worked
	}
	for range (wait.Backoff{First: time.Millisecond, Factor: 1}).Attempts(t.Context()) { // the last "next" is on its way
		api.mu.Lock()
		n := len(api.order)
		api.mu.Unlock()
		if n == 7 {
			break
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	at := map[string][]int{}
	for i, what := range api.order {
		at[what] = append(at[what], i)
	}
	for i := range 2 {
		if at["work"][i] < at["response"][i] {
			t.Errorf("work %d began before its response: %q", i, api.order)
		}
		if at["next"][i+1] < at["work"][i] {
			t.Errorf("the environment might have frozen during work %d: %q", i, api.order)
		}
	}
}

func TestAPanicOfTheHandlerDoesNotHoldUpTheEnvironment(t *testing.T) {
	api := newLambdaService(t)
	e, err := RegisterExtension(t.Context(), strings.TrimPrefix(api.URL, "http://"))()
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = e.Wrap(handler(func(context.Context, []byte) ([]byte, error) { panic("fall") })).Invoke(t.Context(), nil)
	}()
	select {
	case <-e.done:
	default:
		t.Error("the extension would wait for ever")
	}
}

func TestAConnectionThatLambdaClosesIsOpenedAgain(t *testing.T) {
	api := newLambdaService(t)
	var events atomic.Int64
	dropping := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/next") && events.Add(1) == 2 {
			hijacked, _, err := w.(http.Hijacker).Hijack() // after one event, without an answer
			if err != nil {
				t.Error(err)
			}
			_ = hijacked.Close()
			return
		}
		api.Config.Handler.ServeHTTP(w, r)
	}))
	defer dropping.Close()
	e, err := RegisterExtension(t.Context(), strings.TrimPrefix(dropping.URL, "http://"))()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	worked := make(chan struct{})
	h := e.Wrap(handler(func(ctx context.Context, _ []byte) ([]byte, error) {
		AfterResponse(ctx, func(context.Context) { worked <- struct{}{} })
		return nil, nil
	}))
	for range 3 {
		api.events <- struct{}{}
		if _, err := h.Invoke(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		<-worked
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestARefusedRegistrationIsAnError(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not any more", http.StatusForbidden)
	}))
	address := strings.TrimPrefix(api.URL, "http://")
	if _, err := RegisterExtension(t.Context(), address)(); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("refused: %v", err)
	}
	api.Close()
	if _, err := RegisterExtension(t.Context(), address)(); err == nil {
		t.Error("no server is listening, and there is no error")
	}
}

func TestWithoutCollectorNothingIsLeftForLater(t *testing.T) {
	if AfterResponse(t.Context(), func(context.Context) {}) {
		t.Error("taken")
	}
	ctx, run := CollectAfterResponse(t.Context())
	var got []int
	for i := range 3 {
		AfterResponse(ctx, func(context.Context) { got = append(got, i) })
	}
	run(t.Context())
	run(t.Context())
	if !reflect.DeepEqual(got, []int{0, 1, 2}) {
		t.Errorf("ran %v", got)
	}
}
