package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxPost is the largest message that PostToConnection accepts.
const maxPost = 128 << 10

// ServeManagement serves the @connections API: /{stage}/@connections/{id} (API
// Gateway Management API reference). The endpoint in front has already authorized the
// caller.
func (g *Gateway) ServeManagement(w http.ResponseWriter, r *http.Request) {
	escaped, found := strings.CutPrefix(r.URL.EscapedPath(), "/"+g.options.Stage+"/@connections/")
	id, err := url.PathUnescape(escaped)
	if !found || err != nil {
		writeManagementError(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
		return
	}
	if !validID(id) {
		writeManagementError(w, http.StatusBadRequest, "BadRequestException", "Invalid connectionId: "+id)
		return
	}
	if !g.requests.Allow() {
		writeManagementError(w, http.StatusTooManyRequests, "LimitExceededException", "Rate exceeded")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPost+1))
	if err != nil {
		writeManagementError(w, http.StatusBadRequest, "BadRequestException", "cannot read the request")
		return
	}
	if len(body) > maxPost {
		writeManagementError(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long")
		return
	}
	if r.Method == http.MethodPost && g.options.Simulated != nil && g.options.Simulated(id, body) {
		g.options.Meter.MessageOut(len(body))
		w.WriteHeader(http.StatusOK)
		return
	}
	c, open := g.find(id)
	if !open {
		writeGone(w)
		return
	}
	switch r.Method {
	case http.MethodPost:
		g.post(w, c, body)
	case http.MethodDelete:
		g.options.Trace(c.id, "closed by the server")
		c.end(deleted)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		c.describe(w)
	default:
		writeManagementError(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
	}
}

func (g *Gateway) post(w http.ResponseWriter, c *connection, body []byte) {
	switch err := c.send(body); {
	case errors.Is(err, errBufferFull):
		writeManagementError(w, http.StatusTooManyRequests, "LimitExceededException", err.Error())
	case err != nil:
		writeGone(w)
	default:
		g.options.Trace(c.id, fmt.Sprintf("← %s  %d B", g.options.Describe(string(body)), len(body)))
		w.WriteHeader(http.StatusOK)
	}
}

func (c *connection) describe(w http.ResponseWriter) {
	c.mu.Lock()
	active := c.active
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		ConnectedAt  string   `json:"connectedAt"`
		Identity     identity `json:"identity"`
		LastActiveAt string   `json:"lastActiveAt"`
	}{iso(c.connectedAt), c.identity, iso(active)})
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func writeGone(w http.ResponseWriter) {
	writeManagementError(w, http.StatusGone, "GoneException", "Gone")
}

func writeManagementError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
