package chat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// HTTP returns the HTTP API under /api/. It takes the same requests as the events and
// gives the same results and errors, the errors with a fitting status.
func (c *Chat) HTTP() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, success{struct{}{}}) })
	mux.HandleFunc("GET /api/session", c.sessions.describe)
	mux.HandleFunc("POST /api/session", c.sessions.signIn)
	route(c, mux, "GET /api/rooms", c.rooms.list, func(*http.Request, *struct{}) error { return nil })
	route(c, mux, "POST /api/rooms", c.rooms.create, decodeBody)
	route(c, mux, "POST /api/rooms/{id}/join", c.rooms.join, decodeRoomRef)
	route(c, mux, "POST /api/rooms/{id}/leave", c.rooms.leave, decodeRoomRef)
	route(c, mux, "GET /api/rooms/{id}/messages", c.messages.history, decodeHistory)
	route(c, mux, "POST /api/rooms/{id}/messages", c.messages.send, func(r *http.Request, in *SendMessage) error {
		err := decodeBody(r, in)
		in.RoomID = r.PathValue("id")
		return err
	})
	mux.HandleFunc("GET /api/users/{id}/presence", func(w http.ResponseWriter, r *http.Request) {
		serve(c, w, r, func(ctx context.Context, a actor) (Presence, error) {
			id := r.PathValue("id")
			found, err := c.presence.query(ctx, a, PresenceQuery{UserIDs: []string{id}})
			return found.Users[id], err
		})
	})
	mux.HandleFunc("/api/", refuseUnknownPath)
	return refuseRelativePaths(mux)
}

// refuseRelativePaths answers that there is no path such as /api/rooms/../x, which a
// http.ServeMux would redirect to another.
func refuseRelativePaths(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
			refuseUnknownPath(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func refuseUnknownPath(w http.ResponseWriter, _ *http.Request) {
	refuse(w, realtime.Errorf(CodeNotFound, "The API has no such method and path."))
}

// route serves an operation at a pattern.
func route[In, Out any](c *Chat, mux *http.ServeMux, pattern string,
	operation func(context.Context, actor, In) (Out, error), decode func(*http.Request, *In) error) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		serve(c, w, r, func(ctx context.Context, a actor) (Out, error) {
			var in In
			if err := decode(r, &in); err != nil {
				var none Out
				return none, err
			}
			return operation(ctx, a, in)
		})
	})
}

// serve answers a request of a user who is signed in.
func serve[Out any](c *Chat, w http.ResponseWriter, r *http.Request, operation func(context.Context, actor) (Out, error)) {
	id, err := c.sessions.identify(r.Context(), auth.Bearer(r.Header.Get("Authorization")))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	out, err := operation(r.Context(), actor{User: User{ID: id.ID, Name: id.Name}})
	if err != nil {
		c.fail(w, r, refusal(err))
		return
	}
	answer(w, http.StatusOK, success{out})
}

// decodeBody decodes a JSON object.
func decodeBody[T any](r *http.Request, v *T) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return badRequest("The request could not be read. Send it again.")
	}
	if len(body) > maxBody {
		return realtime.Errorf(realtime.CodeTooLarge, "This request is too large. Use at most %d bytes.", maxBody)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return badRequest("The body needs to be JSON with the fields of this request.")
	}
	return nil
}

func decodeRoomRef(r *http.Request, in *RoomRef) error {
	in.RoomID = r.PathValue("id")
	return nil
}

// decodeHistory decodes the path and the query.
func decodeHistory(r *http.Request, in *History) error {
	in.RoomID = r.PathValue("id")
	query := r.URL.Query()
	number := func(name string) (*int64, error) {
		if !query.Has(name) {
			return nil, nil
		}
		n, err := strconv.ParseInt(query.Get(name), 10, 64)
		if err != nil {
			return nil, badRequest("%s needs to be a number.", name)
		}
		return &n, nil
	}
	var errs [3]error
	var limit *int64
	in.Before, errs[0] = number("before")
	in.After, errs[1] = number("after")
	limit, errs[2] = number("limit")
	if limit != nil {
		// A limit out of bounds stays out of bounds, but fits into an int.
		in.Limit = int(min(max(*limit, -1), maxPage+1))
	}
	return errors.Join(errs[:]...)
}

// fail answers with an error and logs its cause if it is ours.
func (c *core) fail(w http.ResponseWriter, r *http.Request, err error) {
	safe := realtime.Safe(err)
	if status(safe.Code) >= http.StatusInternalServerError {
		c.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "code", safe.Code, "cause", safe.Cause)
	}
	refuse(w, safe)
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, e *realtime.Error) {
	answer(w, status(e.Code), struct {
		OK    bool            `json:"ok"`
		Error *realtime.Error `json:"error"`
	}{Error: e})
}

// status is the HTTP status of a code.
func status(code string) int {
	switch code {
	case realtime.CodeBadRequest:
		return http.StatusBadRequest
	case CodeUnauthorized:
		return http.StatusUnauthorized
	case CodeForbidden:
		return http.StatusForbidden
	case CodeNotFound:
		return http.StatusNotFound
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
