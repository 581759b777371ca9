// Package endpoint is the one address at which the functions find all of AWS: it
// tells services and callers apart by the signature of a call, counts every call,
// and lets faults in. Enter at [Endpoint].
package endpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/confab-chat/confab/scripts/local/meter"
)

// Call is one call of a function to AWS.
type Call struct {
	// Function is who calls, Service one of those in package meter, and Operation
	// AWS's name of what is asked.
	Function, Service, Operation string
}

// Fault is what happens to a call. The zero value is no fault.
type Fault struct {
	// Status and Code answer with an error, such as 400 ThrottlingException.
	Status int
	Code   string
	// LoseAnswer carries the call out, and then cuts the line.
	LoseAnswer bool
	// Hang answers nothing until the caller gives up.
	Hang bool
}

// Endpoint is an http.Handler for signed calls. All fields but Intercept are
// required.
type Endpoint struct {
	// DynamoDB is the engine's URL.
	DynamoDB *url.URL
	// Management serves @connections, Lambda serves Invoke.
	Management, Lambda http.Handler
	Meter              *meter.Meter
	// Callers are the functions by their access key.
	Callers map[string]string
	// Intercept decides on a fault for each call; nil lets all pass.
	Intercept func(Call) Fault

	proxy *httputil.ReverseProxy
}

// New completes an Endpoint.
func New(e Endpoint) *Endpoint {
	e.proxy = &httputil.ReverseProxy{
		// The default keeps two idle connections, and a busy chat has many calls.
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(e.DynamoDB) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			writeError(w, http.StatusServiceUnavailable, "ServiceUnavailable", err.Error())
		},
	}
	return &e
}

// ServeHTTP implements http.Handler.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, service, ok := signature(r)
	function, known := e.Callers[key]
	if !ok || !known {
		writeError(w, http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
		return
	}
	call := Call{Function: function, Service: service, Operation: operation(service, r)}
	var fault Fault
	if e.Intercept != nil {
		fault = e.Intercept(call)
	}
	switch {
	case fault.Hang:
		// Reading to the end is what lets the server notice that the caller left.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return
	case fault.Status != 0:
		e.Meter.Call(call.Function, call.Service, call.Operation, true, 0, 0)
		writeError(w, fault.Status, fault.Code, "injected fault")
		return
	}
	recorder := &recorder{ResponseWriter: w, lose: fault.LoseAnswer}
	switch service {
	case meter.DynamoDB:
		if err := askForCapacity(r); err != nil {
			writeError(w, http.StatusBadRequest, "SerializationException", err.Error())
			return
		}
		e.proxy.ServeHTTP(recorder, r)
	case meter.Management:
		e.Management.ServeHTTP(recorder, r)
	case meter.Lambda:
		e.Lambda.ServeHTTP(recorder, r)
	default:
		writeError(w, http.StatusForbidden, "UnrecognizedClientException", "unknown service "+service)
		return
	}
	read, write := consumed(call.Operation, recorder.body.Bytes())
	e.Meter.Call(call.Function, call.Service, call.Operation, recorder.status >= 400, read, write)
	if fault.LoseAnswer {
		panic(http.ErrAbortHandler)
	}
}

// signature returns the access key and the service of an AWS Signature Version 4.
// The signature itself is not verified: nothing here is secret.
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
	case meter.DynamoDB:
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
	default:
		return "Invoke"
	}
}

// askForCapacity makes a DynamoDB request tell what it consumed.
func askForCapacity(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	fields["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
	if body, err = json.Marshal(fields); err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	r.Header.Del("Accept-Encoding") // the answer is read here
	return nil
}

// consumed returns the capacity units that an answer of DynamoDB tells.
func consumed(operation string, body []byte) (read, write float64) {
	var answer struct{ ConsumedCapacity json.RawMessage }
	if json.Unmarshal(body, &answer) != nil || answer.ConsumedCapacity == nil {
		return 0, 0
	}
	type capacity struct{ CapacityUnits float64 }
	var all []capacity
	if json.Unmarshal(answer.ConsumedCapacity, &all) != nil {
		all = make([]capacity, 1)
		if json.Unmarshal(answer.ConsumedCapacity, &all[0]) != nil {
			return 0, 0
		}
	}
	var units float64
	for _, c := range all {
		units += c.CapacityUnits
	}
	switch operation {
	case "GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems":
		return units, 0
	default:
		return 0, units
	}
}

// recorder keeps the status and body of an answer, and passes them on unless the
// answer is to be lost.
type recorder struct {
	http.ResponseWriter
	lose   bool
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	if !r.lose {
		r.ResponseWriter.WriteHeader(status)
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.body.Write(b)
	if r.lose {
		return len(b), nil
	}
	return r.ResponseWriter.Write(b)
}

// writeError answers as AWS's JSON protocols do.
func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws#" + code, "message": message})
}
