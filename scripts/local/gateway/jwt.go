package gateway

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
)

// JWTAuthorizer verifies the token of a request, as API Gateway does before it invokes a
// function (HTTP API developer guide, "JWT authorizers"). It ignores scopes and forwards no
// claims. It is safe for concurrent use.
type JWTAuthorizer struct {
	// Issuer is the issuer's URL. A token must have one of Audience.
	Issuer   string
	Audience []string

	mu     sync.Mutex
	issuer *oidc.Provider
}

// authorize returns an error unless a request has a valid token.
func (a *JWTAuthorizer) authorize(r *http.Request) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		return errors.New("no token")
	}
	issuer, err := a.discover(r.Context())
	if err != nil {
		return err
	}
	verified, err := issuer.VerifierContext(context.WithoutCancel(r.Context()), &oidc.Config{
		SkipClientIDCheck:    true, // API Gateway's rule is another: see below
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512},
	}).Verify(r.Context(), token)
	if err != nil {
		return err
	}
	audience := verified.Audience
	if len(audience) == 0 {
		var claims struct {
			ClientID string `json:"client_id"`
		}
		if err := verified.Claims(&claims); err != nil {
			return err
		}
		audience = []string{claims.ClientID}
	}
	if !slices.ContainsFunc(audience, func(one string) bool { return slices.Contains(a.Audience, one) }) {
		return errors.New("the token is for another audience")
	}
	return nil
}

// discover fetches the issuer's metadata, once.
func (a *JWTAuthorizer) discover(ctx context.Context) (*oidc.Provider, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.issuer == nil {
		found, err := oidc.NewProvider(context.WithoutCancel(ctx), a.Issuer)
		if err != nil {
			return nil, err
		}
		a.issuer = found
	}
	return a.issuer, nil
}
