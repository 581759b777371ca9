package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Guests issues and verifies tokens of guests: JWTs signed with HMAC-SHA-256. Each sign-in
// makes a new user, whose account lives as long as the token. It is safe for concurrent
// use.
type Guests struct {
	secret []byte
	signer jose.Signer
	now    func() time.Time
}

var _ Verifier = (*Guests)(nil)

// GuestIssuer is the iss of guests' tokens.
const GuestIssuer = "confab-guests"

// guestPrefix begins the ids of guests, and of nobody else.
const guestPrefix = "u_"

// IsGuest reports whether a user's id is a guest's.
func IsGuest(userID string) bool { return strings.HasPrefix(userID, guestPrefix) }

const (
	// guestLifetime is how long a guest stays signed in.
	guestLifetime = 7 * 24 * time.Hour
	minSecret     = 32
)

// NewGuests returns Guests that sign with a secret of at least 32 bytes.
func NewGuests(secret []byte) (*Guests, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("the guests' secret has %d bytes and needs %d", len(secret), minSecret)
	}
	key := jose.SigningKey{Algorithm: jose.HS256, Key: secret}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("guests: %w", err)
	}
	return &Guests{secret: secret, signer: signer, now: time.Now}, nil
}

type guestClaims struct {
	Name string `json:"name"`
	jwt.Claims
}

// Issue makes a new guest with this name and returns their token.
func (g *Guests) Issue(name string) (string, Identity, error) {
	now := g.now().Truncate(time.Second)
	id := Identity{ID: guestPrefix + strings.ToLower(rand.Text()[:16]), Name: name, Since: now, Expires: now.Add(guestLifetime)}
	return g.sign(id)
}

// Renew returns another token of a guest, as if they had signed in at a time.
func (g *Guests) Renew(userID, name string, since time.Time) (string, Identity, error) {
	return g.sign(Identity{ID: userID, Name: name, Since: since, Expires: since.Add(guestLifetime)})
}

func (g *Guests) sign(id Identity) (string, Identity, error) {
	token, err := jwt.Signed(g.signer).Claims(guestClaims{
		Name: id.Name,
		Claims: jwt.Claims{
			Issuer:   GuestIssuer,
			Subject:  id.ID,
			IssuedAt: jwt.NewNumericDate(id.Since),
			Expiry:   jwt.NewNumericDate(id.Expires),
		},
	}).Serialize()
	if err != nil {
		return "", Identity{}, fmt.Errorf("sign token: %w", err)
	}
	return token, id, nil
}

// Verify implements Verifier.
func (g *Guests) Verify(_ context.Context, token string) (Identity, error) {
	claims, err := g.claims(token)
	if err != nil {
		// The error may quote the token, which belongs in no log.
		return Identity{}, fmt.Errorf("%w: not a valid guest token", ErrUnauthorized)
	}
	id := Identity{ID: claims.Subject, Name: claims.Name, Expires: claims.Expiry.Time()}
	if claims.IssuedAt != nil {
		id.Since = claims.IssuedAt.Time()
	}
	return id, nil
}

// claims returns the claims of a token that is ours and still valid.
func (g *Guests) claims(token string) (guestClaims, error) {
	var claims guestClaims
	if hasCritical(token) {
		return claims, errors.New("the token has critical extensions")
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return claims, err
	}
	if err := parsed.Claims(g.secret, &claims); err != nil {
		return claims, err
	}
	if claims.Subject == "" || claims.Name == "" || claims.Expiry == nil {
		return claims, errors.New("a claim is missing")
	}
	now := g.now()
	if !now.Before(claims.Expiry.Time()) {
		return claims, jwt.ErrExpired
	}
	issued := claims
	issued.IssuedAt = nil // the issuing function's clock may be ahead
	return claims, issued.ValidateWithLeeway(jwt.Expected{Issuer: GuestIssuer, Time: now}, 0)
}
