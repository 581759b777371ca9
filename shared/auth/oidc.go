package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// OIDC verifies the tokens of an OpenID Connect issuer: ID tokens, and access tokens that
// are JWTs. It asks the issuer for its keys when the first token comes, and again a moment
// after a failure. It is safe for concurrent use.
type OIDC struct {
	issuer, audience string
	keys             keys
	now              func() time.Time
}

var _ Verifier = (*OIDC)(nil)

// OIDCOptions configure an OIDC. Both are required.
type OIDCOptions struct {
	// Issuer is the issuer's URL, exactly as in its tokens and discovery document.
	Issuer string
	// Audience is who the tokens are meant for: see [OIDC.Verify].
	Audience string
}

// skew is how far the issuer's clock and ours may differ.
const skew = time.Minute

// algorithms are the accepted signatures, whatever the issuer offers: only those with a
// public key. With a symmetric one, anyone who has the public key could sign (RFC 8725,
// section 2.1).
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

func algorithmNames() []string {
	var names []string
	for _, a := range algorithms {
		names = append(names, string(a))
	}
	return names
}

// NewOIDC returns a verifier of an issuer's tokens. It asks the issuer nothing.
func NewOIDC(o OIDCOptions) (*OIDC, error) {
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the issuer %q is not a URL with a host and without query or fragment", o.Issuer)
	case u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname())):
		return nil, fmt.Errorf("the issuer %q needs https", o.Issuer)
	case o.Audience == "":
		return nil, errors.New("the audience of the issuer's tokens is missing")
	}
	client := &http.Client{Timeout: issuerTimeout}
	return &OIDC{
		issuer: o.Issuer, audience: o.Audience, now: time.Now,
		keys: keys{issuer: o.Issuer, client: client, now: time.Now},
	}, nil
}

func isLocal(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, host)
}

// claims are the claims that we read (OpenID Connect Core, sections 2 and 5.1).
type claims struct {
	Subject   string   `json:"sub"`
	Expires   *seconds `json:"exp"`
	NotBefore *seconds `json:"nbf"`
	IssuedAt  *seconds `json:"iat"`
	// SignedInAt does not change when the token is renewed.
	SignedInAt *seconds `json:"auth_time"`
	// ClientID is in access tokens (RFC 9068). Those of Cognito have it in place of an
	// audience.
	ClientID          string `json:"client_id"`
	Name              string `json:"name"`
	PreferredUsername string `json:"preferred_username"`
	Nickname          string `json:"nickname"`
	Email             string `json:"email"`
}

// seconds is a NumericDate (RFC 7519): it may have a fraction.
type seconds float64

func (s seconds) time() time.Time { return time.UnixMilli(int64(float64(s) * 1000)) }

// Verify implements Verifier. Like API Gateway's JWT authorizer, it accepts a token whose
// aud contains the audience, or one without aud whose client_id is the audience. The clocks
// may differ by a minute, which Identity.Expires includes.
func (o *OIDC) Verify(ctx context.Context, token string) (Identity, error) {
	if hasCritical(token) {
		return Identity{}, fmt.Errorf("%w: the token has critical extensions", ErrUnauthorized)
	}
	set := &attempt{keys: &o.keys}
	// The library allows no skew at one end and five minutes at the other, and does not know
	// client_id. So check does this part.
	verified, err := oidc.NewVerifier(o.issuer, set, &oidc.Config{
		SupportedSigningAlgs: algorithmNames(), SkipClientIDCheck: true, SkipExpiryCheck: true,
	}).Verify(ctx, token)
	if set.fetchErr != nil {
		return Identity{}, fmt.Errorf("auth: issuer: %w", set.fetchErr)
	}
	if err != nil {
		// The library's error may quote the token, which belongs in no log.
		return Identity{}, fmt.Errorf("%w: not a token of the issuer", ErrUnauthorized)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return Identity{}, fmt.Errorf("%w: a claim has the wrong type", ErrUnauthorized)
	}
	if problem := o.check(c, verified.Audience); problem != "" {
		return Identity{}, fmt.Errorf("%w: %s", ErrUnauthorized, problem)
	}
	id := o.userID(c.Subject)
	return Identity{ID: id, Name: c.displayName(id), Expires: c.Expires.time().Add(skew), Since: c.since()}, nil
}

// check returns why the claims are refused, or "".
func (o *OIDC) check(c claims, audience []string) (problem string) {
	now := o.now()
	switch {
	case c.Subject == "":
		return "the token has no subject"
	case len(audience) > 0 && !slices.Contains(audience, o.audience),
		len(audience) == 0 && c.ClientID != o.audience:
		return "the token is for another audience"
	case c.Expires == nil:
		return "the token has no expiry"
	case !now.Before(c.Expires.time().Add(skew)):
		return "the token has expired"
	case c.NotBefore != nil && now.Before(c.NotBefore.time().Add(-skew)):
		return "the token is not valid yet"
	}
	return ""
}

// since returns when the person signed in, as far as the claims tell.
func (c claims) since() time.Time {
	at := cmp.Or(c.SignedInAt, c.IssuedAt)
	if at == nil {
		return time.Time{}
	}
	return at.time()
}

// userID makes a user's id from a subject. It hashes issuer and subject, because a subject
// may contain any character ("auth0|123", an address), and two issuers may have the same.
// NUL separates them, because a URL cannot contain it.
func (o *OIDC) userID(subject string) string {
	sum := sha256.Sum256([]byte(o.issuer + "\x00" + subject))
	return "o_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20]))
}

// maxName bounds a name, in characters.
const maxName = 40

// displayName returns the first claim with visible characters, or a name made from the id.
// Of an address, others see only the part before the @.
func (c claims) displayName(id string) string {
	mailbox, _, _ := strings.Cut(c.Email, "@")
	return cmp.Or(visibleName(c.Name), visibleName(c.PreferredUsername), visibleName(c.Nickname), visibleName(mailbox), "User "+id[2:8])
}
