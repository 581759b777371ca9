package host

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/confab-chat/confab/shared/wait"
)

// Async configures a function's asynchronous invocations (AWS Lambda, "Asynchronous
// invocation").
type Async struct {
	// Retries is how often a failed invocation is tried again: 0 to 2.
	Retries int
	// Destination gets the record of an invocation that failed for good; empty: none.
	Destination string
}

// Failure is the record that Lambda sends to the destination when an asynchronous
// invocation has failed for good.
type Failure struct {
	Version         string          `json:"version"`
	Timestamp       time.Time       `json:"timestamp"`
	RequestContext  FailedRequest   `json:"requestContext"`
	RequestPayload  json.RawMessage `json:"requestPayload"`
	ResponseContext FailedResponse  `json:"responseContext"`
	ResponsePayload FailedPayload   `json:"responsePayload"`
}

// FailedRequest says which function was invoked, and how often.
type FailedRequest struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"`
	Condition   string `json:"condition"`
	InvokeCount int    `json:"approximateInvokeCount"`
}

// FailedResponse and FailedPayload are the function's last answer.
type FailedResponse struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError"`
}

// FailedPayload is an error as a function reports it.
type FailedPayload struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

// throttledPause is the time between two tries of an invocation that is throttled. AWS grows
// its own from a second to five minutes, for six hours.
const throttledPause = 100 * time.Millisecond

// InvokeAsync queues an invocation. If it fails, it is retried as Async says. While it is
// throttled it waits, which is no failure.
func (h *Host) InvokeAsync(function string, payload []byte) error {
	var async Async
	if f := h.find(function); f != nil {
		async = f.async
	}
	return h.startInvocation(func() {
		attempts := 1 + min(async.Retries, len(h.options.RetryDelays))
		var err error
		for attempt := range attempts {
			if attempt > 0 && wait.Sleep(h.open, h.options.RetryDelays[attempt-1]) != nil {
				return
			}
			var delivered func()
			for {
				_, delivered, err = h.Invoke(h.life, function, payload)
				if !errors.Is(err, ErrThrottled) || wait.Sleep(h.open, throttledPause) != nil {
					break
				}
			}
			if err == nil {
				delivered()
				return
			}
			if errors.Is(err, ErrClosed) || errors.Is(err, ErrThrottled) { // the host closes
				return
			}
		}
		if async.Destination != "" {
			h.Fail(async.Destination, function, payload, err, attempts)
		}
	})
}

func failure(function string, payload []byte, err error, attempts int) Failure {
	kind, message, found := strings.Cut(err.Error(), ": ")
	if !found || strings.ContainsAny(kind, " \n") {
		kind, message = "Unhandled", err.Error()
	}
	if !json.Valid(payload) {
		payload, _ = json.Marshal(string(payload))
	}
	return Failure{
		Version:         "1.0",
		Timestamp:       time.Now().UTC(),
		RequestContext:  FailedRequest{uuid.NewString(), "arn:aws:lambda:us-east-1:000000000000:function:" + function + ":$LATEST", "RetriesExhausted", attempts},
		RequestPayload:  payload,
		ResponseContext: FailedResponse{200, "$LATEST", "Unhandled"},
		ResponsePayload: FailedPayload{message, kind},
	}
}

// Fail records at a destination that a function has failed for good.
func (h *Host) Fail(destination, function string, payload []byte, err error, attempts int) {
	f := failure(function, payload, err, attempts)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures[destination] = append(h.failures[destination], f)
}

// Failures returns the records of failed invocations by destination.
func (h *Host) Failures() map[string][]Failure {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string][]Failure{}
	for destination, records := range h.failures {
		all[destination] = append([]Failure{}, records...)
	}
	return all
}
