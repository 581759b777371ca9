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

// OIDC verifies the tokens of an OpenID Connect issuer: the ID token, or an access token
// that is a JWT. Nothing is asked of the issuer before the first token comes, and a
// failure to reach it is forgotten after a moment. It is safe for concurrent use.
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
	// Audience is what a token must be meant for: see [OIDC.Verify].
	Audience string
}

// skew is how far apart the issuer's clock and ours may be.
const skew = time.Minute

// algorithms are the signatures that are accepted, whatever the issuer offers: those with
// a public key. With a symmetric one, whoever has the public key could sign (RFC 8725,
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
		return nil, fmt.Errorf("the issuer %q is not the URL of one", o.Issuer)
	case u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())):
		return nil, fmt.Errorf("the issuer %q has no https", o.Issuer)
	case o.Audience == "":
		return nil, errors.New("the audience of the issuer's tokens is missing")
	}
	client := &http.Client{Timeout: issuerTimeout}
	return &OIDC{
		issuer: o.Issuer, audience: o.Audience, now: time.Now,
		keys: keys{issuer: o.Issuer, client: client, now: time.Now},
	}, nil
}

func local(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, host)
}

// claims are those of OpenID Connect Core, sections 2 and 5.1, that count here.
type claims struct {
	Subject   string   `json:"sub"`
	Expires   *seconds `json:"exp"`
	NotBefore *seconds `json:"nbf"`
	// ClientID is in Cognito's access tokens, which have no audience (and RFC 9068's).
	ClientID          string `json:"client_id"`
	Name              string `json:"name"`
	PreferredUsername string `json:"preferred_username"`
	Nickname          string `json:"nickname"`
	Email             string `json:"email"`
}

// seconds is a NumericDate (RFC 7519): it may have a fraction.
type seconds float64

func (s seconds) time() time.Time { return time.UnixMilli(int64(float64(s) * 1000)) }

// Verify implements Verifier. As API Gateway's JWT authorizer does, it takes a token whose
// aud holds the audience, or one without aud whose client_id is the audience. The clocks
// may differ by a minute; Identity.Expires has that minute in it.
func (o *OIDC) Verify(ctx context.Context, token string) (Identity, error) {
	set := &attempt{keys: &o.keys}
	// The library's own checks of time allow no skew for one end and five minutes for the
	// other, and it knows no client_id.
	verified, err := oidc.NewVerifier(o.issuer, set, &oidc.Config{
		SupportedSigningAlgs: algorithmNames(), SkipClientIDCheck: true, SkipExpiryCheck: true,
	}).Verify(ctx, token)
	if set.unavailable != nil {
		return Identity{}, fmt.Errorf("auth: issuer: %w", set.unavailable)
	}
	if err != nil {
		// The library's error may quote the token, which belongs into no log.
		return Identity{}, fmt.Errorf("%w: not a token of the issuer", ErrUnauthorized)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return Identity{}, fmt.Errorf("%w: a claim has another form", ErrUnauthorized)
	}
	if problem := o.check(c, verified.Audience); problem != "" {
		return Identity{}, fmt.Errorf("%w: %s", ErrUnauthorized, problem)
	}
	id := o.userID(c.Subject)
	return Identity{ID: id, Name: c.displayName(id), Expires: c.Expires.time().Add(skew)}, nil
}

func (o *OIDC) check(c claims, audience []string) (problem string) {
	now := o.now()
	switch {
	case c.Subject == "":
		return "the token has no subject"
	case len(audience) > 0 && !slices.Contains(audience, o.audience),
		len(audience) == 0 && c.ClientID != o.audience:
		return "the token is meant for somebody else"
	case c.Expires == nil:
		return "the token never expires"
	case !now.Before(c.Expires.time().Add(skew)):
		return "the token has expired"
	case c.NotBefore != nil && now.Before(c.NotBefore.time().Add(-skew)):
		return "the token is not valid yet"
	}
	return ""
}

// userID is the id of a subject: a hash of issuer and subject, because a subject may hold
// any character ("auth0|123", an address), and two issuers may have the same. An issuer's
// URL holds no NUL, so that the two cannot be cut elsewhere.
func (o *OIDC) userID(subject string) string {
	sum := sha256.Sum256([]byte(o.issuer + "\x00" + subject))
	return "o_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20]))
}

// maxName is how long a name may be, in characters.
const maxName = 40

// displayName is the first claim that makes a name that others can see, or one made of
// the id. Of an address only the part before the @ is shown.
func (c claims) displayName(id string) string {
	mailbox, _, _ := strings.Cut(c.Email, "@")
	return cmp.Or(visible(c.Name), visible(c.PreferredUsername), visible(c.Nickname), visible(mailbox), "User "+id[2:8])
}
