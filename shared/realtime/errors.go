package realtime

import (
	"context"
	"errors"
	"fmt"
)

// Codes of the engine's own errors.
const (
	CodeBadRequest   = "bad_request"
	CodeUnknownEvent = "unknown_event"
	CodeUnauthorized = "unauthorized"
	CodeRateLimited  = "rate_limited"
	CodeTooManyRooms = "too_many_rooms"
	// CodeTooManySockets: more sockets are addressed than one call can do something with that it
	// must do with each.
	CodeTooManySockets = "too_many_sockets"
	CodeTooLarge       = "too_large"
	CodeBinaryOrder    = "binary_order"
	CodeUnavailable    = "unavailable"
	CodeInternal       = "internal"
)

// Error is an error that a client may see. If a handler or middleware returns an Error, or an
// error that wraps one, the client gets its code and message. For every other error the
// client gets CodeInternal, and the log the cause.
type Error struct {
	// Code is for programs and never changes. Message is for people.
	Code    string `json:"code"`
	Message string `json:"message"`
	// Data is sent along. From a middleware it becomes err.data of the client's
	// connect_error.
	Data any `json:"data,omitempty"`
	// RetryAfter is in how many seconds the same request may succeed, if that is known.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Temporary: the same request may succeed later.
	Temporary bool `json:"temporary,omitempty"`
	// Cause is for the log only.
	Cause error `json:"-"`
}

// Errorf makes an Error with a formatted message.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because returns a copy of the error with a cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error implements error, for logs: the code and the cause, which clients never see, or
// the message if there is no cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Code + ": " + e.Cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Unavailable returns the error for a temporary failure with this cause.
func Unavailable(cause error) *Error {
	return &Error{Code: CodeUnavailable, Message: "Try again in a moment.", Temporary: true, Cause: cause}
}

// Safe returns what of err may be shown to a client: the Error in it, else Unavailable if
// an error in it has a method Unavailable that returns true or the time was over, else an
// Error with CodeInternal.
func Safe(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var passing interface{ Unavailable() bool }
	if errors.As(err, &passing) && passing.Unavailable() || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable(err)
	}
	return &Error{Code: CodeInternal, Message: "Something went wrong on our side.", Cause: err}
}

// failure is the error acknowledgement.
type failure struct {
	OK    bool   `json:"ok"`
	Error *Error `json:"error"`
}
