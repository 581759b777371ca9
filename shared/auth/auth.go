// Package auth says who is asking. A [Verifier] turns a token into an [Identity];
// [Guests] issues and verifies the tokens of people who only give a name, for local
// use.
package auth

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ErrUnauthorized: the token is missing, forged, or no longer valid.
var ErrUnauthorized = errors.New("auth: unauthorized")

// Identity is who a token speaks for.
type Identity struct {
	// ID is stable and unique among all users.
	ID string
	// Name is what others see.
	Name string
	// Expires is when the token stops to be valid.
	Expires time.Time
}

// Verifier verifies tokens. Its error wraps ErrUnauthorized unless the verification
// itself failed.
type Verifier interface {
	Verify(ctx context.Context, token string) (Identity, error)
}

// Bearer returns the token of an Authorization header (RFC 6750), or "".
func Bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
