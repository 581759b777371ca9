// Package auth finds out who is asking. A [Verifier] turns a token into an [Identity].
// [OIDC] verifies the tokens of an OpenID Connect issuer, [Guests] those of people who only
// gave a name, and [Issuers] picks the verifier for a token. docs/identity.md describes the
// tokens that are accepted.
package auth

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ErrUnauthorized: the token is missing, forged, or no longer valid.
var ErrUnauthorized = errors.New("auth: unauthorized")

// Identity is the user that a token names.
type Identity struct {
	// ID is stable, and unique among all users of all issuers. It has only letters, digits,
	// "_" and "-".
	ID string
	// Name is what others see.
	Name string
	// Expires is when the token stops being valid.
	Expires time.Time
	// Since is when the person signed in for this token. If the issuer does not tell, it is
	// when the token was issued, and if it does not tell that either, the zero time.
	Since time.Time
}

// Verifier verifies tokens. An error wraps ErrUnauthorized if the token is refused; any
// other error is a failure to verify it, which may pass. No error quotes the token.
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
