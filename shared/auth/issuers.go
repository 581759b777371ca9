package auth

import (
	"context"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Issuers verifies the tokens of several issuers: each has the verifier under its name,
// the token's iss, which that verifier has to check in turn.
type Issuers map[string]Verifier

var _ Verifier = Issuers(nil)

// Verify implements Verifier.
func (i Issuers) Verify(ctx context.Context, token string) (Identity, error) {
	var claims jwt.RegisteredClaims
	_, _, err := jwt.NewParser().ParseUnverified(token, &claims)
	verifier := i[claims.Issuer]
	if err != nil || verifier == nil {
		return Identity{}, fmt.Errorf("%w: a token of nobody we know", ErrUnauthorized)
	}
	return verifier.Verify(ctx, token)
}
