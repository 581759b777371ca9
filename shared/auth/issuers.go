package auth

import (
	"context"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuers verifies the tokens of several issuers. The key is an issuer's name, the iss of
// its tokens; the verifier of that issuer gets the token and has to check iss itself.
type Issuers map[string]Verifier

var _ Verifier = Issuers(nil)

// Verify implements Verifier.
func (i Issuers) Verify(ctx context.Context, token string) (Identity, error) {
	verifier := i[issuerOf(token)]
	if verifier == nil {
		return Identity{}, fmt.Errorf("%w: the token's issuer is unknown", ErrUnauthorized)
	}
	return verifier.Verify(ctx, token)
}

// issuerOf returns the issuer that a token names, or "". It verifies nothing.
func issuerOf(token string) string {
	parsed, err := jwt.ParseSigned(token, append([]jose.SignatureAlgorithm{jose.HS256}, algorithms...))
	if err != nil {
		return ""
	}
	var claims jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return ""
	}
	return claims.Issuer
}
