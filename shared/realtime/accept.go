package realtime

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/engineio"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/wait"
)

// Upgrade is a request to open a connection: API Gateway's $connect.
type Upgrade struct {
	ConnectionID string
	// Headers by name in any case, Query decoded.
	Headers map[string]string
	Query   map[string]string
	Address string
	At      time.Time
}

// Refusal is why a connection is not opened.
type Refusal struct {
	// Status is the HTTP status for the client: 400 or 403.
	Status  int
	Message string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// maxPayload is the reference's default, which test suites compare. It bounds a request of
// HTTP long-polling (Engine.IO 4, "Handshake"). On a WebSocket it has no meaning: there API
// Gateway's limit is 32 KB a frame.
const maxPayload = 1_000_000

// expiryMargin is how much longer than its connection a record lives, so that the sweep can
// end a connection whose $disconnect was missed.
const expiryMargin = 15 * time.Minute

// Accept checks a request to connect (Engine.IO 4, WebSocket transport, allowed origin) and
// stores the connection. The error is a *Refusal unless the store failed. Call the function
// that Accept returns when the response to $connect has been sent: it posts the OPEN frame,
// which the gateway refuses before that.
func (s *Server) Accept(ctx context.Context, u Upgrade) (open func(context.Context), err error) {
	if err := engineio.CheckRequest(u.Query); err != nil {
		return nil, &Refusal{Status: http.StatusBadRequest, Message: err.Error()}
	}
	headers := make(map[string]string, len(u.Headers))
	for name, value := range u.Headers {
		headers[strings.ToLower(name)] = value
	}
	origin := headers["origin"]
	if origin != "" && !s.options.allowsOrigin(origin) {
		return nil, &Refusal{Status: http.StatusForbidden, Message: "origin not allowed"}
	}
	if err := checkHandshake(u); err != nil {
		return nil, err
	}
	query := url.Values{}
	for name, value := range u.Query {
		query.Set(name, value)
	}
	c := store.Connection{
		ID:       u.ConnectionID,
		EngineID: newID(),
		Handshake: Handshake{
			Headers: s.options.keptHeaders(headers),
			Query:   u.Query,
			Address: u.Address,
			URL:     "/?" + query.Encode(),
			XDomain: origin != "",
			Secure:  headers["x-forwarded-proto"] == "https",
			Issued:  u.At,
		},
		ConnectedAt: u.At,
		SeenAt:      u.At,
		Expires:     u.At.Add(s.options.Lifetime + expiryMargin),
	}
	if err := s.options.Store.PutConnection(ctx, c); err != nil {
		return nil, fmt.Errorf("store connection: %w", err)
	}
	return func(ctx context.Context) { s.log.failure(ctx, "send OPEN", c.ID, s.sendOpen(ctx, c)) }, nil
}

// openPatience is how long OPEN is tried while the gateway still answers that the connection
// does not exist, and notOpenBackoff how often.
const openPatience = 5 * time.Second

var notOpenBackoff = wait.Backoff{First: 2 * time.Millisecond}

// sendOpen posts the Engine.IO handshake. The client sends nothing before it has received it.
func (e *engine) sendOpen(ctx context.Context, c store.Connection) error {
	frame := engineio.Handshake{
		SID:          c.EngineID,
		PingInterval: e.options.PingInterval,
		PingTimeout:  e.options.PingTimeout,
		MaxPayload:   maxPayload,
	}.Frame()
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	var err error
	for range notOpenBackoff.Attempts(ctx) {
		if err = e.poster.postFrame(ctx, c.ID, frame, busyBackoff); err == nil {
			return nil
		}
		if !errors.Is(err, ErrGone) {
			break
		}
	}
	return e.ender.endAfterGone(context.WithoutCancel(ctx), c.ID, err)
}

// Bounds of what a client may send with its request to connect, in bytes. They are API
// Gateway's (quotas: 10,240 bytes of headers, 4,096 characters of URL), for hosts without it.
const (
	maxHeaders = 10_240
	maxQuery   = 4_096
)

// checkHandshake returns a *Refusal of a request whose headers or query are too large.
func checkHandshake(u Upgrade) error {
	for _, part := range []struct {
		name   string
		values map[string]string
		limit  int
	}{{"headers", u.Headers, maxHeaders}, {"query", u.Query, maxQuery}} {
		var size int
		for name, value := range part.values {
			size += len(name) + len(value)
		}
		if size > part.limit {
			return &Refusal{Status: http.StatusBadRequest, Message: fmt.Sprintf(
				"the %s of the request have %d bytes, at most %d are allowed: send data in auth", part.name, size, part.limit)}
		}
	}
	return nil
}

// keptHeaders returns the headers, whose names are in lower case, that a handshake keeps.
func (o Options) keptHeaders(headers map[string]string) map[string]string {
	if slices.Contains(o.Headers, "*") {
		return headers
	}
	kept := map[string]string{}
	for _, name := range slices.Concat([]string{"host", "origin", "user-agent", "accept-language", "x-forwarded-for"}, o.Headers) {
		name = strings.ToLower(name)
		if value, ok := headers[name]; ok {
			kept[name] = value
		}
	}
	return kept
}

func (o Options) allowsOrigin(origin string) bool {
	return slices.Contains(o.AllowedOrigins, "*") || slices.Contains(o.AllowedOrigins, origin)
}

// newID returns a random id of 100 bits in 20 characters.
func newID() string { return rand.Text()[:idRandom] }
