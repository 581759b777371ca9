package awsapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Error is a service's refusal.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code names the error, as "GoneException". It may be empty.
	Code string
	// Message is for people. It may be empty.
	Message string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("status %d: %s: %s", e.Status, e.Code, e.Message)
}

// Temporary reports whether the same call may succeed later: the service was throttling or
// failed by itself.
func (e *Error) Temporary() bool {
	// SQS throttles with status 400.
	return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError || strings.Contains(e.Code, "Throttl")
}

// maxAnswer is how much of an answer is read. What is left breaks the connection, which
// could otherwise be used again.
const maxAnswer = 64 << 10

// read returns the error that an answer is, if it is one (AWS JSON protocols, "Operation
// error serialization").
func read(answer *http.Response) error {
	if answer.StatusCode < http.StatusMultipleChoices {
		if answer.Body != http.NoBody {
			_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // the call has succeeded, whatever the rest is
		}
		return nil
	}
	content, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // an error that cannot be read is one still
	var described struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(content, &described) // a proxy's page is no JSON
	code := answer.Header.Get("X-Amzn-ErrorType")
	if code == "" {
		code = described.Type
	}
	code, _, _ = strings.Cut(code, ":") // a URI may follow
	return &Error{Status: answer.StatusCode, Code: code[strings.LastIndexByte(code, '#')+1:], Message: described.Message}
}
