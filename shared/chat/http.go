package chat

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/document"
	"github.com/confab-chat/confab/shared/realtime"
)

// HTTP returns the HTTP API under /api/. It takes the same requests as the events and
// gives the same results and errors, the errors with a fitting status.
func (c *Chat) HTTP() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, success{struct{}{}}) })
	mux.HandleFunc("GET /api/session", c.sessions.describe)
	mux.HandleFunc("POST /api/session", c.sessions.signIn)
	mux.HandleFunc("GET /api/openapi.json", serveDocument(document.OpenAPI))
	mux.HandleFunc("GET /api/asyncapi.json", serveDocument(document.AsyncAPI))
	for _, o := range c.operations() {
		if o.Pattern != "" {
			mux.HandleFunc(o.Pattern, o.serve(c, o))
		}
	}
	return c.refuseUnknown(mux)
}

// methods are those that some path has.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// refuseUnknown answers for paths and methods that the mux does not have, in JSON. A path
// such as /api/rooms/../x, which the mux would redirect to another, is one of them.
func (c *core) refuseUnknown(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path {
			c.fail(w, r, errNoPath)
			return
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var allowed []string
		for _, method := range methods {
			if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			c.fail(w, r, errNoPath)
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		c.fail(w, r, realtime.Errorf(CodeNoMethod, "This path takes %s only.", strings.Join(allowed, ", ")))
	})
}

// serve serves an operation by HTTP.
func serve[In, Out any](c *Chat, o Operation, operation func(context.Context, actor, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := c.sessions.identify(r.Context(), auth.Bearer(r.Header.Get("Authorization")))
		if err != nil {
			c.fail(w, r, err)
			return
		}
		in, err := readRequest[In](r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		ctx, err := c.budgets.request(r.Context(), id, o)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		out, err := operation(ctx, actor{User: User{ID: id.ID, Name: id.Name}, since: id.Since}, in)
		if err != nil {
			c.fail(w, r, refusal(err))
			return
		}
		answer(w, o.Success(), success{out})
	}
}

// fail answers with an error, and logs it as the engine does with that of an event.
func (c *core) fail(w http.ResponseWriter, r *http.Request, err error) {
	c.server.LogRefusal(r.Context(), "request failed", err, "method", r.Method, "path", r.URL.Path)
	safe := realtime.Safe(err)
	if safe.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(safe.RetryAfter))
	}
	answer(w, status(safe.Code), struct {
		OK    bool            `json:"ok"`
		Error *realtime.Error `json:"error"`
	}{Error: safe})
}

// status is the HTTP status of a code.
func status(code string) int {
	switch code {
	case realtime.CodeBadRequest:
		return http.StatusBadRequest
	case CodeUnauthorized, CodeSignedOut:
		return http.StatusUnauthorized
	case CodeForbidden:
		return http.StatusForbidden
	case CodeNoMethod:
		return http.StatusMethodNotAllowed
	case CodeNotFound:
		return http.StatusNotFound
	case CodeConflict, CodeVersion, CodeTooLate, CodeTooManyRooms, CodeTooManyInvitations, CodeTooManyPins, CodeTooManyReactions:
		return http.StatusConflict
	case realtime.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case realtime.CodeRateLimited:
		return http.StatusTooManyRequests
	case realtime.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// answer sends JSON.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"ok":false,"error":{"code":"internal","message":"Something went wrong on our side."}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
