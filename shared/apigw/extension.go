package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// Extension lets a function work after its response has left. The process registers as an
// internal Lambda extension for INVOKE events, and Lambda does not freeze the environment
// before the extension asks for its next event (Lambda Extensions API). Until then the
// function is billed and gets no other event.
type Extension struct {
	api *runtimeAPI
	id  string
	// done passes the work of a finished invocation to Run.
	done chan func(context.Context)
}

// extensionName is how the extension appears in Lambda's logs.
const extensionName = "confab"

// workLimit bounds the work after one response.
const workLimit = 15 * time.Second

// RegisterExtension asks the Runtime API to register the process. The address is host:port,
// as in the environment variable AWS_LAMBDA_RUNTIME_API. It does not wait: registered waits
// for the answer, so that the caller can initialize in between. Call both before the
// function asks for its first event.
func RegisterExtension(ctx context.Context, address string) (registered func() (*Extension, error)) {
	e := &Extension{api: &runtimeAPI{address: address}, done: make(chan func(context.Context), 1)}
	request, err := e.api.newRequest(ctx, http.MethodPost, "register", `{"events":["INVOKE"]}`, "Lambda-Extension-Name", extensionName)
	if err == nil {
		err = e.api.send(request)
	}
	return func() (*Extension, error) {
		if err != nil {
			return nil, fmt.Errorf("register extension: %w", err)
		}
		answer, err := e.api.receive(request)
		if err != nil {
			return nil, fmt.Errorf("register extension: %w", err)
		}
		if e.id = answer.Get("Lambda-Extension-Identifier"); e.id == "" {
			return nil, errors.New("register extension: no identifier")
		}
		return e, nil
	}
}

// Wrap returns a handler whose invocations may use AfterResponse.
func (e *Extension) Wrap(h lambda.Handler) lambda.Handler { return &extended{extension: e, handler: h} }

type extended struct {
	extension *Extension
	handler   lambda.Handler
}

func (x *extended) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, run := CollectAfterResponse(ctx)
	// Deferred, so that Run goes on after a panic too.
	defer func() { x.extension.done <- run }()
	return x.handler.Invoke(ctx, payload)
}

// Run waits for invocations and runs their work, until the context ends or the
// Runtime API fails.
func (e *Extension) Run(ctx context.Context) error {
	request, err := e.api.newRequest(ctx, http.MethodGet, "event/next", "", "Lambda-Extension-Identifier", e.id)
	if err != nil {
		return fmt.Errorf("next extension event: %w", err)
	}
	for {
		if _, err := e.api.do(request); err != nil {
			return fmt.Errorf("next extension event: %w", err)
		}
		select {
		case run := <-e.done:
			work, cancel := context.WithTimeout(ctx, workLimit)
			run(work)
			cancel()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
