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

// maxPayload is the reference's default, which suites compare. It bounds what a client
// gathers for one request of HTTP long-polling (Engine.IO 4, "Handshake") and means nothing
// on a WebSocket, where API Gateway takes frames of 32 KB.
const maxPayload = 1_000_000

// expiryMargin is how much longer than its connection a record lives, for the
// sweep to end what was missed.
const expiryMargin = 15 * time.Minute

// Accept checks a request to connect (Engine.IO 4, WebSocket transport, allowed
// origin) and stores the connection. The error is a *Refusal unless the store
// failed. The function returned sends the OPEN frame: call it when the response to
// $connect has left, because a post before that is refused.
func (s *Server) Accept(ctx context.Context, u Upgrade) (open func(context.Context), err error) {
	if err := engineio.CheckRequest(u.Query); err != nil {
		return nil, &Refusal{Status: http.StatusBadRequest, Message: err.Error()}
	}
	headers := make(map[string]string, len(u.Headers))
	for name, value := range u.Headers {
		headers[strings.ToLower(name)] = value
	}
	origin := headers["origin"]
	if origin != "" && !s.originAllowed(origin) {
		return nil, &Refusal{Status: http.StatusForbidden, Message: "origin not allowed"}
	}
	query := url.Values{}
	for name, value := range u.Query {
		query.Set(name, value)
	}
	c := store.Connection{
		ID:       u.ConnectionID,
		EngineID: newID(),
		Handshake: Handshake{
			Headers: headers,
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
	return func(ctx context.Context) { s.logError(ctx, "send OPEN", c.ID, s.sendOpen(ctx, c)) }, nil
}

// openPatience is how long OPEN is tried while the gateway still says that the
// connection is not there.
const openPatience = 5 * time.Second

// sendOpen posts the Engine.IO handshake. The client says nothing before it has it.
func (s *Server) sendOpen(ctx context.Context, c store.Connection) error {
	frame := engineio.Handshake{
		SID:          c.EngineID,
		PingInterval: s.options.PingInterval,
		PingTimeout:  s.options.PingTimeout,
		MaxPayload:   maxPayload,
	}.Frame()
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait *= 2 {
		err := s.postFrame(ctx, c.ID, frame, false)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrGone) || sleep(ctx, wait) != nil {
			return s.endGone(context.WithoutCancel(ctx), c.ID, err)
		}
	}
}

func (s *Server) originAllowed(origin string) bool {
	return slices.Contains(s.options.AllowedOrigins, "*") || slices.Contains(s.options.AllowedOrigins, origin)
}

// newID returns a random id of 100 bits in 20 characters.
func newID() string { return rand.Text()[:idRandom] }
