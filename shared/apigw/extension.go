package apigw

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// Extension lets a function work on after its response has left: the process
// registers as an internal Lambda extension for INVOKE events, and Lambda does not
// freeze the environment before the extension asks for its next event (Lambda
// Extensions API; the function is billed meanwhile, and takes no other event).
type Extension struct {
	client *http.Client
	base   string
	id     string
	// done hands the work of a finished invocation to the extension's loop.
	done chan func(context.Context)
}

// extensionName is how the extension appears in Lambda's logs.
const extensionName = "confab"

// workLimit bounds the work after one response.
const workLimit = 15 * time.Second

// RegisterExtension registers with the Runtime API at host:port api, as in the
// environment variable AWS_LAMBDA_RUNTIME_API. Call it during initialization,
// before the function asks for its first event.
func RegisterExtension(ctx context.Context, api string) (*Extension, error) {
	e := &Extension{
		client: &http.Client{}, // no timeout: the next event may be hours away
		base:   "http://" + api + "/2020-01-01/extension/",
		done:   make(chan func(context.Context), 1),
	}
	header, err := e.call(ctx, http.MethodPost, "register", `{"events":["INVOKE"]}`, "Lambda-Extension-Name", extensionName)
	if err != nil {
		return nil, fmt.Errorf("register extension: %w", err)
	}
	if e.id = header.Get("Lambda-Extension-Identifier"); e.id == "" {
		return nil, errors.New("register extension: no identifier")
	}
	return e, nil
}

// Wrap returns a handler whose invocations may use AfterResponse.
func (e *Extension) Wrap(h lambda.Handler) lambda.Handler { return &extended{extension: e, handler: h} }

type extended struct {
	extension *Extension
	handler   lambda.Handler
}

func (x *extended) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, run := CollectAfterResponse(ctx)
	// Deferred, so that a panic too lets the environment go on.
	defer func() { x.extension.done <- run }()
	return x.handler.Invoke(ctx, payload)
}

// Run waits for invocations and runs their work, until the context ends or the
// Runtime API fails.
func (e *Extension) Run(ctx context.Context) error {
	for {
		if _, err := e.call(ctx, http.MethodGet, "event/next", "", "Lambda-Extension-Identifier", e.id); err != nil {
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

func (e *Extension) call(ctx context.Context, method, path, body, name, value string) (http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, e.base+path, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set(name, value)
	response, err := e.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return response.Header, nil
}
