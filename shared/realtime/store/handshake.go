package store

import (
	"encoding/json"
	"time"
)

// Handshake is what the client said when it connected, under the names of
// Socket.IO's socket.handshake.
type Handshake struct {
	Headers map[string]string
	Query   map[string]string
	// Address is the client's IP address as API Gateway saw it: an edge's behind CloudFront.
	Address string
	// URL is the request's path and query. API Gateway does not tell the path, so
	// it is always "/" with the query.
	URL string
	// XDomain: the request has an Origin, as in the reference.
	XDomain bool
	// Secure: the client came over TLS.
	Secure bool
	Issued time.Time
	// Auth is the payload of the CONNECT packet. It is there for middlewares and the
	// connection handler only and is never stored, because it holds tokens.
	Auth json.RawMessage
}

// Time returns Issued as JavaScript writes a date, in UTC.
func (h Handshake) Time() string {
	return h.Issued.UTC().Format("Mon Jan 02 2006 15:04:05 GMT-0700 (Coordinated Universal Time)")
}

// MarshalJSON writes the handshake as the reference server shows it.
func (h Handshake) MarshalJSON() ([]byte, error) {
	auth := h.Auth
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	return json.Marshal(struct {
		Headers map[string]string `json:"headers"`
		Time    string            `json:"time"`
		Address string            `json:"address"`
		XDomain bool              `json:"xdomain"`
		Secure  bool              `json:"secure"`
		Issued  int64             `json:"issued"`
		URL     string            `json:"url"`
		Query   map[string]string `json:"query"`
		Auth    json.RawMessage   `json:"auth"`
	}{
		h.Headers, h.Time(), h.Address, h.XDomain, h.Secure,
		h.Issued.UnixMilli(), h.URL, h.Query, auth,
	})
}

// DecodeAuth decodes the payload of the CONNECT packet into v; without one it leaves
// v alone.
func (h Handshake) DecodeAuth(v any) error {
	if len(h.Auth) == 0 {
		return nil
	}
	return json.Unmarshal(h.Auth, v)
}
