package process

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// runtimeAPI serves the Lambda Runtime API (2018-06-01) and the Extensions API
// (2020-01-01) to one process.
type runtimeAPI struct {
	*http.ServeMux
	function string
	// idle gets a signal when the runtime and all extensions wait for an event.
	idle chan struct{}
	// outcomes has the answer of the current invocation.
	outcomes chan outcome

	mu         sync.Mutex
	event      chan event
	extensions map[string]chan event
	// waiting has who waits for an event: the runtime, and extensions by their ids.
	waiting map[string]bool
	current string
	broken  error
}

// theRuntime is the key of the runtime in waiting.
const theRuntime = "runtime"

// event is an invocation on its way to the process.
type event struct {
	id       string
	payload  []byte
	deadline time.Time
}

func newRuntimeAPI(function string) *runtimeAPI {
	a := &runtimeAPI{
		ServeMux:   http.NewServeMux(),
		function:   function,
		idle:       make(chan struct{}, 1),
		outcomes:   make(chan outcome, 1),
		event:      make(chan event, 1),
		extensions: map[string]chan event{},
		waiting:    map[string]bool{},
	}
	a.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	a.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	a.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.failure)
	a.HandleFunc("POST /2018-06-01/runtime/init/error", a.initFailure)
	a.HandleFunc("POST /2020-01-01/extension/register", a.register)
	a.HandleFunc("GET /2020-01-01/extension/event/next", a.extensionNext)
	return a
}

// begin sends an event to the runtime and to all extensions.
func (a *runtimeAPI) begin(deadline time.Time, payload []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := event{id: uuid.NewString(), payload: payload, deadline: deadline}
	a.current = e.id
	clear(a.waiting)
	a.event <- e
	for _, extension := range a.extensions {
		extension <- e
	}
}

// noteWaiting notes who waits for an event, and signals idle when all do. A client may ask
// again after its call broke.
func (a *runtimeAPI) noteWaiting(who string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting[who] {
		return
	}
	a.waiting[who] = true
	if len(a.waiting) == 1+len(a.extensions) {
		a.idle <- struct{}{}
	}
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.noteWaiting(theRuntime)
	select {
	case e := <-a.event:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", e.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+a.function)
		_, _ = w.Write(e.payload)
	case <-r.Context().Done():
	}
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if a.answer(w, r.PathValue("id")) {
		a.outcomes <- outcome{body, err}
	}
}

// failure takes an error of the handler, which the process reports as JSON.
func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	if a.answer(w, r.PathValue("id")) {
		a.outcomes <- outcome{err: readError(r.Body)}
	}
}

// initFailure takes the reason why the process cannot run. The process then ends itself.
func (a *runtimeAPI) initFailure(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.broken = readError(r.Body)
	a.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// initError returns the reported error of the initialization, or nil.
func (a *runtimeAPI) initError() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken
}

// answer reports whether an answer is the first to the current invocation.
func (a *runtimeAPI) answer(w http.ResponseWriter, id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id != a.current {
		w.WriteHeader(http.StatusBadRequest)
		return false
	}
	a.current = ""
	w.WriteHeader(http.StatusAccepted)
	return true
}

func readError(body io.Reader) error {
	var e struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	if err := json.NewDecoder(body).Decode(&e); err != nil {
		return fmt.Errorf("the function failed: %w", err)
	}
	return fmt.Errorf("%s: %s", e.Type, e.Message)
}

func (a *runtimeAPI) register(w http.ResponseWriter, _ *http.Request) {
	id := uuid.NewString()
	a.mu.Lock()
	a.extensions[id] = make(chan event, 1)
	a.mu.Unlock()
	w.Header().Set("Lambda-Extension-Identifier", id)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"functionName": a.function, "functionVersion": "$LATEST", "handler": "bootstrap",
	})
}

func (a *runtimeAPI) extensionNext(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Lambda-Extension-Identifier")
	a.mu.Lock()
	events, ok := a.extensions[id]
	a.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	a.noteWaiting(id)
	select {
	case e := <-events:
		_ = json.NewEncoder(w).Encode(map[string]any{
			"eventType": "INVOKE", "requestId": e.id, "deadlineMs": e.deadline.UnixMilli(),
		})
	case <-r.Context().Done():
	}
}
