// Package auth says who is asking. A [Verifier] turns a token into an [Identity]: [OIDC]
// that of an OpenID Connect issuer, [Guests] that of somebody who only gives a name, and
// [Issuers] whichever of them a token is for. docs/identity.md tells what is accepted.
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
	// ID is stable and unique among all users of all issuers; it has only letters, digits,
	// "_" and "-".
	ID string
	// Name is what others see.
	Name string
	// Expires is when the token stops to be valid.
	Expires time.Time
}

// Verifier verifies tokens. Its error wraps ErrUnauthorized unless the verification
// itself failed, which may work later. No error quotes the token.
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
