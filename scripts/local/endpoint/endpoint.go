// Package endpoint is the one address of all AWS services for the functions. It knows the
// service and the caller by the signature of a call, counts every call, and injects faults.
// Processes reach it by HTTP, and functions in this process without. Enter at [Endpoint].
package endpoint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/scripts/local/policy"
)

// Call is one call of a function to AWS.
type Call struct {
	// Function is the caller, Service a constant of package meter, and Operation AWS's name
	// of the operation.
	Function, Service, Operation string
}

// Fault is what happens to a call. The zero value is no fault.
type Fault struct {
	// Status and Code answer with an error, such as 400 ThrottlingException, and the call is
	// not carried out. Status 200 is a post to a dead client, which AWS accepts.
	Status int
	Code   string
	// LoseAnswer carries the call out and loses its answer. The connection is cut, or the
	// answer is Status, such as 410 for a post that was delivered.
	LoseAnswer bool
	// Hang gives no answer until the caller gives up.
	Hang bool
}

// Endpoint is an http.Handler for signed calls, and an http.RoundTripper for those from this
// process. All fields but Intercept are required.
type Endpoint struct {
	// DynamoDB is the database's URL, and Account the account that calls it.
	DynamoDB *url.URL
	Account  dynamo.Account
	// Management serves @connections, Lambda serves Invoke, and Queues SQS.
	Management, Lambda, Queues http.Handler
	Meter                      *meter.Meter
	// Caller finds a function by its access key.
	Caller func(key string) (function string, known bool)
	// Authorize refuses a call that its function may not make; nil allows all.
	Authorize func(function string, c policy.Call) error
	// Intercept chooses a fault for each call; nil: none. Many goroutines call it.
	Intercept func(Call) Fault

	database *database
}

// New completes an Endpoint.
func New(e Endpoint) *Endpoint {
	e.database = newDatabase(e.DynamoDB, e.Account)
	return &e
}

// Close closes idle connections to the database.
func (e *Endpoint) Close() { e.database.transport.CloseIdleConnections() }

// ServeHTTP implements http.Handler.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, service, ok := signature(r)
	function, known := e.Caller(key)
	if !ok || !known {
		writeError(w, http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
		return
	}
	call := Call{Function: function, Service: service, Operation: operation(service, r)}
	if err := e.authorize(call, r); err != nil {
		e.Meter.Call(call.Function, call.Service, call.Operation, true, 0, 0)
		status := http.StatusForbidden
		if service == meter.DynamoDB {
			status = http.StatusBadRequest
		}
		writeError(w, status, "AccessDeniedException", "User: "+err.Error())
		return
	}
	var fault Fault
	if e.Intercept != nil {
		fault = e.Intercept(call)
	}
	if fault.Hang || fault.Status != 0 && !fault.LoseAnswer {
		e.Meter.Call(call.Function, call.Service, call.Operation, true, 0, 0)
		fault.serve(w, r)
		return
	}
	to, known := e.service(service)
	if !known {
		e.Meter.Call(call.Function, call.Service, call.Operation, true, 0, 0)
		writeError(w, http.StatusForbidden, "UnrecognizedClientException", "The local cloud has no service "+service+".")
		return
	}
	held := &answer{header: http.Header{}}
	to.ServeHTTP(held, r)
	var read, write float64
	if service == meter.DynamoDB {
		read, write = consumed(call.Operation, held.body.Bytes())
	}
	e.Meter.Call(call.Function, call.Service, call.Operation, held.status >= 400, read, write)
	switch {
	case fault.LoseAnswer && fault.Status != 0:
		writeError(w, fault.Status, fault.Code, "injected fault")
	case fault.LoseAnswer:
		panic(http.ErrAbortHandler)
	default:
		held.send(w)
	}
}

// service returns the handler of a service.
func (e *Endpoint) service(name string) (h http.Handler, known bool) {
	switch name {
	case meter.DynamoDB:
		return e.database, true
	case meter.Management:
		return e.Management, true
	case meter.Lambda:
		return e.Lambda, true
	case meter.Queues:
		return e.Queues, true
	}
	return nil, false
}

// serve answers a call that never reaches its service.
func (f Fault) serve(w http.ResponseWriter, r *http.Request) {
	if !f.Hang {
		writeError(w, f.Status, f.Code, "injected fault")
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // the server notices only then that the caller has left
	<-r.Context().Done()
}

// authorize returns an error if a call is not allowed. The call's body can still be read.
func (e *Endpoint) authorize(c Call, r *http.Request) error {
	if e.Authorize == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return e.Authorize(c.Function, policy.Call{
		Service: c.Service, Operation: c.Operation, Method: r.Method, Path: r.URL.EscapedPath(), Body: body,
	})
}

// signature returns the access key and the service of an AWS Signature Version 4.
// It does not verify the signature: nothing here is secret.
func signature(r *http.Request) (key, service string, ok bool) {
	_, scope, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/")
	if !found || len(parts) != 5 {
		return "", "", false
	}
	return parts[0], parts[3], true
}

func operation(service string, r *http.Request) string {
	switch service {
	case meter.DynamoDB, meter.Queues:
		_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		return name
	case meter.Management:
		switch r.Method {
		case http.MethodPost:
			return "PostToConnection"
		case http.MethodDelete:
			return "DeleteConnection"
		default:
			return "GetConnection"
		}
	case meter.Lambda:
		return "Invoke"
	default: // a service that the local cloud does not have
		_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		return cmp.Or(name, r.Method)
	}
}

// errorName returns the name of an error as in "com.amazonaws.dynamodb#Name".
func errorName(kind string) string { return kind[strings.LastIndex(kind, "#")+1:] }

// answer holds an answer back until its call is counted. So a caller with an answer always
// finds the call on the meter.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = cmp.Or(a.status, status) }

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// ReadFrom implements io.ReaderFrom, for io.Copy.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.ReadFrom(r)
}

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(cmp.Or(a.status, http.StatusOK))
	_, _ = w.Write(a.body.Bytes())
}

// writeError answers as AWS's JSON protocols do.
func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws#" + code, "message": message})
}
