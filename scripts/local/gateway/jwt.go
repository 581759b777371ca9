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

// JWTAuthorizer lets requests pass to a route that bring a token of an issuer, as API
// Gateway does before it invokes a function (HTTP API developer guide, "JWT authorizers").
// Scopes are not known here, and claims are not passed on. It is safe for concurrent use.
type JWTAuthorizer struct {
	// Issuer is the issuer's URL, and Audience has what its tokens may be meant for.
	Issuer   string
	Audience []string

	mu     sync.Mutex
	issuer *oidc.Provider
}

// authorize reports whether a request has a token that is good.
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
		SkipClientIDCheck:    true, // the audience's rule is another: see below
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
		return errors.New("meant for somebody else")
	}
	return nil
}

// discover asks the issuer for its keys' address, once.
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
